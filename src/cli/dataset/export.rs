//! `flowstream dataset export`.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use actors::store::{Export, ExportError, Exported};
use clap::{Args, ValueEnum};
use flow::Civil;
use indicatif::HumanCount;

use super::DatasetCommandError;
use crate::cli::CliError;
use crate::cli::progress::Progress;

/// Arguments of `dataset export`.
#[derive(Debug, Clone, Args)]
pub(super) struct ExportArgs {
    /// A prepared dataset, or the directory with `prepared` in it
    #[arg(value_name = "DATASET")]
    dataset: PathBuf,
    /// How flows are written
    #[arg(long, value_enum, default_value_t = Rows::Csv)]
    format: Rows,
    /// Fields, in this order; all without
    #[arg(long, value_name = "FIELD", value_delimiter = ',')]
    fields: Vec<String>,
    /// Only flows that this lets through, such as "proto tcp and dst port 443" (docs/filters.md)
    #[arg(long, value_name = "FILTER")]
    filter: Option<String>,
    /// From this position on
    #[arg(long, value_name = "SEQ")]
    from_seq: Option<u64>,
    /// To before this position
    #[arg(long, value_name = "SEQ")]
    to_seq: Option<u64>,
    /// Flows that left from this time of the stream on, such as 2026-11-28T13:00:00Z
    #[arg(long, value_name = "TIME")]
    from: Option<Civil>,
    /// Flows that left before this time of the stream
    #[arg(long, value_name = "TIME")]
    to: Option<Civil>,
    /// Where flows are written, a new file; standard output without
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// How flows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Rows {
    /// RFC 4180, with a header line
    Csv,
    /// One JSON object a line
    Jsonl,
}

/// Takes flows out of a prepared dataset.
pub(super) fn export(args: &ExportArgs) -> Result<(), CliError> {
    let failed = |error: ExportError| DatasetCommandError::Export(Box::new(error));
    let export = wanted(args).map_err(failed)?;
    let exported = match &args.output {
        None => run(&export, args, &mut io::stdout().lock()),
        Some(path) => {
            let file = File::create_new(path).map_err(|source| DatasetCommandError::Output {
                path: path.clone(),
                source,
            })?;
            run(&export, args, &mut BufWriter::new(file))
        }
    };
    let Exported { seen, written } = match exported {
        // Whoever reads has had enough.
        Err(ExportError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            return Ok(());
        }
        exported => exported.map_err(failed)?,
    };
    // A closed standard error is no reason to fail.
    drop(writeln!(
        io::stderr(),
        "{} of {} flows exported",
        HumanCount(written),
        HumanCount(seen)
    ));
    Ok(())
}

fn wanted(args: &ExportArgs) -> Result<Export, ExportError> {
    let mut export = Export::new(args.format == Rows::Csv, &args.fields)?;
    if let Some(filter) = &args.filter {
        export = export.with_filter(filter)?;
    }
    let millis = |civil: Civil| civil.to_millis();
    export.from_seq = args.from_seq.unwrap_or(export.from_seq);
    export.to_seq = args.to_seq.unwrap_or(export.to_seq);
    export.from_ms = args.from.and_then(millis).unwrap_or(export.from_ms);
    export.to_ms = args.to.and_then(millis).unwrap_or(export.to_ms);
    Ok(export)
}

fn run(export: &Export, args: &ExportArgs, out: &mut impl Write) -> Result<Exported, ExportError> {
    let mut progress = Progress::new();
    let exported = export.run(&args.dataset, out, |octets| {
        progress.octets("exporting", octets, None);
    });
    progress.clear();
    exported
}
