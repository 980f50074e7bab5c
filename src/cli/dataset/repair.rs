//! `flowstream dataset repair`.

use std::io::{self, Write};

use actors::store::{Repaired, Summary};
use serde_json::json;

use super::{DatasetCommandError, Format};
use crate::cli::CliError;
use crate::cli::progress::Progress;
use crate::cli::safe::shown;

/// Repairs datasets, and fails if something could not be.
pub(super) fn repair(summaries: &[Summary], format: Format) -> Result<(), CliError> {
    let mut problems = 0;
    for summary in summaries {
        let doing = format!("repairing {}", summary.directory.display());
        let (mut progress, mut done) = (Progress::new(), 0);
        let mut read = |octets: u64| {
            done += octets;
            progress.octets(&doing, done, Some(summary.octets()));
        };
        let repaired = actors::store::repair(summary, &mut read);
        progress.clear();
        let repaired = repaired.map_err(DatasetCommandError::Store)?;
        problems += u64::try_from(repaired.damaged.len()).unwrap_or(u64::MAX);
        let said = match format {
            Format::Table => table(summary, &repaired),
            Format::Jsonl => jsonl(summary, &repaired),
        };
        let written = said.and_then(|text| io::stdout().write_all(&text));
        written.map_err(CliError::Stdout)?;
    }
    if problems == 0 {
        return Ok(());
    }
    let datasets = summaries.len();
    Err(DatasetCommandError::Unsound { problems, datasets }.into())
}

fn table(summary: &Summary, repaired: &Repaired) -> io::Result<Vec<u8>> {
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

fn jsonl(summary: &Summary, repaired: &Repaired) -> io::Result<Vec<u8>> {
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
