//! `flowstream db status`.

use std::fmt::Write as _;
use std::io::Write as _;

use db::world::{SourceStatus, Status};
use flow::Civil;
use indicatif::HumanBytes;
use serde_json::json;
use settings::Settings;

use super::{DbCommandError, Format};
use crate::cli::CliError;
use crate::cli::world::{now, world};

/// Says what is there, how old it is, and what to do.
pub(super) fn status(settings: &Settings, format: Format) -> Result<(), CliError> {
    let world = world(settings)?;
    let status = world.status(now()).map_err(DbCommandError::Manifest)?;
    let text = match format {
        Format::Table => table(&status, &world.global().display().to_string()),
        Format::Jsonl => jsonl(&status),
    };
    let written = std::io::stdout().write_all(text.as_bytes());
    written.map_err(CliError::Stdout)
}

fn table(status: &Status, global: &str) -> String {
    let mut text = String::new();
    let header = ["source", "state", "age", "at most", "size", "from"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend(status.sources.iter().map(row));
    write_aligned(&mut text, &rows);
    for source in &status.sources {
        if let Some(error) = &source.error {
            writeln!(text, "{}: failed: {error}", source.name).ok();
        }
        if let Some(at) = source.retry_at {
            writeln!(text, "{}: is tried again from {} on", source.name, time(at)).ok();
        }
    }
    for file in status
        .sources
        .iter()
        .filter_map(|source| source.file.as_ref())
    {
        if !file.attribution.is_empty() {
            writeln!(text, "{} ({})", file.attribution, file.licence).ok();
        }
    }
    match &status.built {
        None => writeln!(text, "not built: {global}").ok(),
        Some(built) => {
            let of: Vec<&str> = built.of.iter().map(|(name, _)| name.as_str()).collect();
            let size = HumanBytes(built.octets);
            let (at, of) = (time(built.at), of.join(", "));
            writeln!(text, "built {at} from {of}: {global}, {size}").ok()
        }
    };
    let advice = status.advice().unwrap_or("nothing to do");
    writeln!(text, "{advice}").ok();
    text
}

fn row(source: &SourceStatus) -> Vec<String> {
    let none = || "-".to_owned();
    let file = source.file.as_ref();
    vec![
        source.name.clone(),
        source.state.to_string(),
        source.age.map_or_else(none, age),
        age(source.max_age),
        file.map_or_else(none, |file| HumanBytes(file.octets).to_string()),
        file.map_or_else(none, |file| file.url.clone()),
    ]
}

/// A time span in its largest unit, rounded down.
fn age(seconds: u64) -> String {
    for (unit, name) in [(86_400, "d"), (3_600, "h"), (60, "min")] {
        if seconds >= unit {
            return format!("{} {name}", seconds / unit);
        }
    }
    format!("{seconds} s")
}

fn time(at: u64) -> String {
    let millis = i64::try_from(at).unwrap_or(i64::MAX).saturating_mul(1_000);
    let at = Civil::from_millis(millis);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        at.year, at.month, at.day, at.hour, at.minute, at.second
    )
}

fn write_aligned(text: &mut String, rows: &[Vec<String>]) {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |at: usize| {
        let cells = rows.iter().filter_map(|row| row.get(at));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in rows {
        let cells = row.iter().zip(&widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        writeln!(text, "{}", cells.join("  ").trim_end()).ok();
    }
}

/// A line for each source, and one for what was built.
fn jsonl(status: &Status) -> String {
    let mut text = String::new();
    for source in &status.sources {
        let line = json!({
            "kind": "source",
            "name": source.name,
            "state": source.state.name(),
            "age_s": source.age,
            "max_age_s": source.max_age,
            "error": source.error,
            "retry_at": source.retry_at.map(time),
            "file": source.file,
        });
        writeln!(text, "{line}").ok();
    }
    let line = json!({
        "kind": "global",
        "current": status.is_current,
        "built": status.built,
        "advice": status.advice(),
    });
    writeln!(text, "{line}").ok();
    text
}
