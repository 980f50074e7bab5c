//! `flowstream dataset list`.

use std::io::{self, Write};

use actors::store::Summary;
use indicatif::{HumanBytes, HumanCount};
use serde_json::json;

use super::{Format, say, time};
use crate::cli::CliError;
use crate::cli::grid::Grid;

/// Says which datasets there are.
pub(super) fn list(summaries: &[Summary], format: Format) -> Result<(), CliError> {
    say(&format.text(summaries, table, jsonl)?)
}

fn table(summaries: &[Summary]) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let header = [
        "dataset", "kind", "segments", "rows", "from", "to", "size", "plain", "state",
    ];
    let mut grid = Grid::whole(header);
    for summary in summaries {
        let (from, to) = range(summary);
        grid.push([
            summary.directory.display().to_string(),
            kind(summary).to_owned(),
            HumanCount(segments(summary)).to_string(),
            HumanCount(summary.rows()).to_string(),
            from.map(time).unwrap_or_default(),
            to.map(time).unwrap_or_default(),
            HumanBytes(summary.octets()).to_string(),
            HumanBytes(summary.plain_octets()).to_string(),
            state(summary).to_owned(),
        ]);
    }
    grid.write(&mut text)?;
    Ok(text)
}

fn jsonl(summaries: &[Summary]) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    for summary in summaries {
        let (from, to) = range(summary);
        let line = json!({
            "directory": summary.directory,
            "kind": kind(summary),
            "segments": segments(summary),
            "rows": summary.rows(),
            "first_seq": summary.segments.first().map(|first| first.first_seq),
            "next_seq": summary.segments.last().map(|last| last.next_seq),
            "from_ms": from,
            "to_ms": to,
            "octets": summary.octets(),
            "plain_octets": summary.plain_octets(),
            "state": state(summary),
        });
        writeln!(text, "{line}")?;
    }
    Ok(text)
}

fn segments(summary: &Summary) -> u64 {
    u64::try_from(summary.segments.len() + summary.unreadable.len()).unwrap_or(u64::MAX)
}

/// When its first segment was begun, and the time of its last frame.
fn range(summary: &Summary) -> (Option<i64>, Option<i64>) {
    let first = summary.segments.first().map(|first| first.from_ms);
    let last = summary.segments.iter().map(|segment| segment.to_ms).max();
    (first, last)
}

/// Its kind in a word.
pub(super) const fn kind(summary: &Summary) -> &'static str {
    match summary.kind {
        dataset::segment::Kind::Raw => "raw",
        dataset::segment::Kind::Prepared => "prepared",
    }
}

/// What is to be said of it in a word.
fn state(summary: &Summary) -> &'static str {
    let is_open = summary.segments.iter().any(|segment| segment.name.open);
    if !summary.unreadable.is_empty() {
        "damaged"
    } else if summary.gaps().iter().any(|gap| !gap.is_removed) {
        "gaps"
    } else if is_open {
        "open"
    } else {
        "sealed"
    }
}
