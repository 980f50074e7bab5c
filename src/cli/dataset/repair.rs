//! `flowstream dataset repair`.

use std::io::{self, Write};

use actors::store::{Repaired, Summary};
use serde_json::json;

use super::{DatasetCommandError, Format, Told, for_each};
use crate::cli::CliError;
use crate::cli::safe::shown;

/// Repairs datasets, and fails if something could not be.
pub(super) fn repair(summaries: &[Summary], format: Format) -> Result<(), CliError> {
    for_each(summaries, "repairing", |summary, read| {
        let repaired = actors::store::repair(summary, read).map_err(DatasetCommandError::Store)?;
        let text = format.text(&(summary, &repaired), table, jsonl)?;
        let problems = u64::try_from(repaired.damaged.len()).unwrap_or(u64::MAX);
        Ok(Told { text, problems })
    })
}

fn table((summary, repaired): &(&Summary, &Repaired)) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let directory = shown(&summary.directory.display().to_string());
    let Repaired {
        sealed,
        listed,
        damaged,
    } = repaired;
    writeln!(
        text,
        "{directory}: {sealed} open segments sealed, {listed} segments listed"
    )?;
    for (name, error) in damaged {
        writeln!(text, "  {name}: left as it is: {}", shown(error))?;
    }
    Ok(text)
}

fn jsonl((summary, repaired): &(&Summary, &Repaired)) -> io::Result<Vec<u8>> {
    let damaged = repaired.damaged.iter();
    let damaged = damaged.map(|(name, error)| json!({"segment": name.to_string(), "error": error}));
    let line = json!({
        "directory": summary.directory,
        "sealed": repaired.sealed,
        "listed": repaired.listed,
        "damaged": damaged.collect::<Vec<_>>(),
    });
    Ok(format!("{line}\n").into_bytes())
}
