//! `flowstream dataset info`.

use std::io::{self, Write};

use actors::store::{SegmentSummary, Summary};
use indicatif::{HumanBytes, HumanCount};
use serde_json::{Value, json};

use super::list::kind;
use super::{Format, say, time};
use crate::cli::CliError;
use crate::cli::grid::Grid;
use crate::cli::safe::shown;

/// Says where each segment comes from, and what is not there.
pub(super) fn info(summaries: &[Summary], format: Format) -> Result<(), CliError> {
    say(&format.text(summaries, table, jsonl)?)
}

fn table(summaries: &[Summary]) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    for summary in summaries {
        let directory = shown(&summary.directory.display().to_string());
        writeln!(text, "{directory}: {} dataset", kind(summary))?;
        let mut grid = Grid::new(["segment", "rows", "from", "to", "size", "state", "version"]);
        for segment in &summary.segments {
            grid.push(row(segment));
        }
        grid.write(&mut text)?;
        said_once(summary, &mut text)?;
        not_there(summary, &mut text)?;
    }
    Ok(text)
}

fn row(segment: &SegmentSummary) -> [String; 7] {
    let state = match (segment.name.open, segment.is_listed) {
        (true, _) => "open",
        (false, true) => "sealed",
        (false, false) => "not listed",
    };
    [
        segment.name.to_string(),
        HumanCount(segment.next_seq.saturating_sub(segment.first_seq)).to_string(),
        time(segment.from_ms),
        time(segment.to_ms),
        HumanBytes(segment.octets).to_string(),
        state.to_owned(),
        segment.program.clone(),
    ]
}

/// What headers say besides, from which segment on: most say what the one before says.
fn said_once(summary: &Summary, text: &mut Vec<u8>) -> io::Result<()> {
    let mut before = None;
    for segment in &summary.segments {
        if before == Some(&segment.meta) {
            continue;
        }
        writeln!(text, "from row {} on:", segment.first_seq)?;
        for (key, value) in &segment.meta {
            writeln!(text, "  {}: {}", shown(key), shown(&brief(value)))?;
        }
        before = Some(&segment.meta);
    }
    Ok(())
}

/// A value without what it holds of every field: `--format jsonl` has that.
fn brief(value: &Value) -> String {
    let Value::Object(map) = value else {
        return value.to_string();
    };
    let parts = map.iter().filter_map(|(key, value)| match value {
        Value::Array(all) if all.len() > 4 => Some(format!("{key} ({})", all.len())),
        Value::Object(all) if all.len() > 4 => Some(format!("{key} ({})", all.len())),
        Value::Null => None,
        value => Some(format!(
            "{key} {}",
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned)
        )),
    });
    parts.collect::<Vec<_>>().join(", ")
}

fn not_there(summary: &Summary, text: &mut Vec<u8>) -> io::Result<()> {
    for gap in summary.gaps() {
        let rows = HumanCount(gap.next_seq.saturating_sub(gap.first_seq));
        let why = if gap.is_removed {
            "removed with their segments"
        } else {
            "not recorded, or their segment is missing"
        };
        writeln!(text, "{rows} rows from {} on: {why}", gap.first_seq)?;
    }
    for (name, error) in &summary.unreadable {
        writeln!(text, "{name}: {}", shown(error))?;
    }
    for (line, reason) in &summary.bad_lines {
        writeln!(text, "line {line} of the manifest: {}", shown(reason))?;
    }
    Ok(())
}

fn jsonl(summaries: &[Summary]) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    for summary in summaries {
        for segment in &summary.segments {
            let line = json!({
                "what": "segment",
                "directory": summary.directory,
                "kind": kind(summary),
                "segment": segment.name.to_string(),
                "first_seq": segment.first_seq,
                "next_seq": segment.next_seq,
                "from_ms": segment.from_ms,
                "to_ms": segment.to_ms,
                "octets": segment.octets,
                "plain_octets": segment.plain_octets,
                "is_open": segment.name.open,
                "is_listed": segment.is_listed,
                "program": segment.program,
                "meta": segment.meta,
            });
            writeln!(text, "{line}")?;
        }
        for gap in summary.gaps() {
            let line = json!({
                "what": "gap",
                "directory": summary.directory,
                "first_seq": gap.first_seq,
                "next_seq": gap.next_seq,
                "is_removed": gap.is_removed,
            });
            writeln!(text, "{line}")?;
        }
        for (name, error) in &summary.unreadable {
            let line = json!({
                "what": "unreadable",
                "directory": summary.directory,
                "segment": name.to_string(),
                "error": error,
            });
            writeln!(text, "{line}")?;
        }
    }
    Ok(text)
}
