//! `flowstream dataset verify`.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use actors::store::{Checked, PROBLEMS_MAX, Summary, check};
use dataset::segment::Kind;
use indicatif::{HumanBytes, HumanCount};
use serde_json::json;
use tracing::warn;

use super::{DatasetCommandError, Format, Told, diff, for_each, prepare as anew};
use crate::cli::safe::shown;
use crate::cli::{CliError, SettingsArgs};

/// Checks datasets, and fails if something is wrong with one.
pub(super) fn verify(summaries: &[Summary], format: Format) -> Result<(), CliError> {
    for_each(summaries, "checking", |summary, read| {
        let checked = check(summary, read).map_err(DatasetCommandError::Store)?;
        let text = format.text(&(summary, &checked), table, jsonl)?;
        let kept = u64::try_from(checked.problems.len()).unwrap_or(u64::MAX);
        let problems = kept.saturating_add(checked.more_problems);
        Ok(Told { text, problems })
    })
}

/// Flows that are printed where what raw datasets become is not what they became.
const FLOWS_MAX: u64 = 20;

/// Prepares raw datasets anew, with the databases of then, and compares with what lies
/// beside them.
pub(super) fn prepare(args: &SettingsArgs, summaries: &[Summary]) -> Result<(), CliError> {
    let raw = summaries.iter().filter(|summary| summary.kind == Kind::Raw);
    for summary in raw {
        let directory = summary.directory.as_path();
        let above = directory.parent().unwrap_or(Path::new("."));
        let into = above.join(format!("verify-{}", std::process::id()));
        let compared = anew::prepare(args, directory, &into, true)
            .and_then(|()| diff::diff(&above.join("prepared"), &into, FLOWS_MAX));
        if let Err(error) = fs::remove_dir_all(&into) {
            warn!(directory = %into.display(), %error, "what was prepared to compare is not removed");
        }
        compared?;
    }
    Ok(())
}

fn table((summary, checked): &(&Summary, &Checked)) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let directory = shown(&summary.directory.display().to_string());
    let found = if checked.is_sound() {
        "nothing wrong".to_owned()
    } else {
        format!("{} problems", checked.problems.len())
    };
    let (rows, octets) = (HumanCount(checked.rows), HumanBytes(checked.octets));
    let segments = HumanCount(checked.segments);
    writeln!(
        text,
        "{directory}: {segments} segments, {rows} rows, {octets} checked: {found}"
    )?;
    for problem in &checked.problems {
        writeln!(text, "  {}", shown(&problem.to_string()))?;
    }
    if checked.more_problems > 0 {
        writeln!(
            text,
            "  and {} more; the first {PROBLEMS_MAX} are told",
            checked.more_problems
        )?;
    }
    Ok(text)
}

fn jsonl((summary, checked): &(&Summary, &Checked)) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let line = json!({
        "what": "checked",
        "directory": summary.directory,
        "segments": checked.segments,
        "rows": checked.rows,
        "octets": checked.octets,
        "is_sound": checked.is_sound(),
        "problems_not_told": checked.more_problems,
    });
    writeln!(text, "{line}")?;
    for problem in &checked.problems {
        let line = json!({
            "what": "problem",
            "file": problem.path,
            "problem": problem.what,
            "lost_first_seq": problem.lost.map(|(first, _)| first),
            "lost_next_seq": problem.lost.map(|(_, end)| end),
        });
        writeln!(text, "{line}")?;
    }
    Ok(text)
}
