//! `flowstream db status`.

use std::io::{self, Write};

use db::world::{SourceStatus, Status};
use flow::Civil;
use indicatif::HumanBytes;
use serde_json::json;
use settings::Settings;

use super::{DbCommandError, Format};
use crate::cli::CliError;
use crate::cli::grid::Grid;
use crate::cli::world::{now, world};

/// Says what is there, how old it is, and what to do.
pub(super) fn status(settings: &Settings, format: Format) -> Result<(), CliError> {
    let world = world(settings)?;
    let status = world.status(now()).map_err(DbCommandError::Manifest)?;
    let said = match format {
        Format::Table => table(&status, &world.global().display().to_string()),
        Format::Jsonl => jsonl(&status),
    };
    let written = said.and_then(|text| io::stdout().write_all(&text));
    written.map_err(CliError::Stdout)
}

fn table(status: &Status, global: &str) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let mut grid = Grid::whole(["source", "state", "age", "at most", "size", "from"]);
    for source in &status.sources {
        grid.push(row(source));
    }
    grid.write(&mut text)?;
    for source in &status.sources {
        if let Some(error) = &source.error {
            writeln!(text, "{}: failed: {error}", source.name)?;
        }
        if let Some(at) = source.retry_at {
            writeln!(text, "{}: is tried again from {} on", source.name, time(at))?;
        }
    }
    let files = status
        .sources
        .iter()
        .filter_map(|source| source.file.as_ref());
    for file in files.filter(|file| !file.attribution.is_empty()) {
        writeln!(text, "{} ({})", file.attribution, file.licence)?;
    }
    match &status.built {
        None => writeln!(text, "not built: {global}")?,
        Some(built) => {
            let of: Vec<&str> = built.of.iter().map(|(name, _)| name.as_str()).collect();
            let size = HumanBytes(built.octets);
            let (at, of) = (time(built.at), of.join(", "));
            writeln!(text, "built {at} from {of}: {global}, {size}")?;
        }
    }
    writeln!(text, "{}", status.advice().unwrap_or("nothing to do"))?;
    Ok(text)
}

/// What is not known is an empty cell.
fn row(source: &SourceStatus) -> [String; 6] {
    let file = source.file.as_ref();
    let size = file.map(|file| HumanBytes(file.octets).to_string());
    let url = file.map(|file| file.url.clone());
    [
        source.name.clone(),
        source.state.to_string(),
        source.age.map(age).unwrap_or_default(),
        age(source.max_age),
        size.unwrap_or_default(),
        url.unwrap_or_default(),
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
    Civil::from_millis(millis).whole_seconds().to_string()
}

/// A line for each source, and one for what was built.
fn jsonl(status: &Status) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
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
        writeln!(text, "{line}")?;
    }
    let line = json!({
        "kind": "global",
        "current": status.is_current,
        "built": status.built,
        "advice": status.advice(),
    });
    writeln!(text, "{line}")?;
    Ok(text)
}
