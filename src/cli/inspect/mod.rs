//! `flowstream inspect`: what a capture, a datagram or a dataset holds.

mod input;
mod item;
mod jsonl;
mod progress;
mod streams;
mod summary;
mod table;

use std::io::{self, BufWriter, IsTerminal};
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use actors::intake::limits;
use actors::store::StoreError;
use clap::{Args, ValueEnum};
use dataset::DatasetError;
use decode::explain::{ExplainLimits, Explanation};
use decode::{Datagram, Decoder, Elements, Limits, Reason};
use flow::ReceiveTime;

use self::input::{Found, Input, Message, Remains, Taken};
use self::item::{Context, Kind, Printer, kind_of};
use self::jsonl::Jsonl;
use self::progress::Progress;
use self::summary::Summary;
use self::table::Table;
use super::{CliError, SettingsArgs, elements};

/// Arguments of `inspect`.
#[derive(Debug, Clone, Args)]
pub(crate) struct InspectArgs {
    /// A pcap or pcapng file, also compressed by zstd; one raw datagram; a row of IPFIX
    /// messages; a raw dataset's segment or directory; or - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// How it is printed; a table on a terminal, else jsonl
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Print these kinds only; all by default
    #[arg(long, value_enum, value_name = "KIND,...", value_delimiter = ',')]
    only: Vec<Kind>,
    /// End after so many templates, options, records and errors
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// A CSV file of enterprises' elements, instead of that of receiver.elements
    #[arg(long, value_name = "FILE")]
    elements: Option<PathBuf>,
}

/// How it is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One JSON object a line
    Jsonl,
    /// Columns for people
    Table,
}

/// Why a file was not inspected, or not to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InspectError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file begins like a capture and is none.
    #[error("{}: {source}", path.display())]
    Capture {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and where.
        source: DatasetError,
    },
    /// A directory is no dataset, or cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A directory holds prepared flows.
    #[error("{}: holds prepared flows; zstdcat prints these, and `inspect` datagrams", .0.display())]
    Prepared(PathBuf),
    /// The file could not be read to its end.
    #[error("{}: {text}; what came before was inspected", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and where.
        text: String,
    },
    /// The file is nothing that is known.
    #[error(
        "{}: neither a pcap or pcapng file nor a datagram of NetFlow v1, v5, v7, v9, IPFIX or sFlow v5",
        path.display()
    )]
    Unknown {
        /// The file.
        path: PathBuf,
    },
}

impl InspectError {
    /// For `map_err` with a file.
    fn read(path: &Path) -> impl Fn(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Read {
            path: path.clone(),
            source,
        }
    }
}

/// Prints what a file holds.
pub(crate) fn run(settings: &SettingsArgs, args: &InspectArgs) -> Result<(), CliError> {
    let settings = settings.load(Vec::new())?;
    let named = args.elements.as_deref();
    let elements = elements::named(named.or(settings.receiver().elements()))?;
    let limits = limits(settings.receiver());
    let mut progress = Progress::default();
    let input = Input::open(&args.file, &mut progress)?;
    let stdout = io::stdout();
    let format = args.format.unwrap_or(if stdout.is_terminal() {
        Format::Table
    } else {
        Format::Jsonl
    });
    let output = BufWriter::with_capacity(1 << 16, stdout.lock());
    let done = match format {
        Format::Jsonl => {
            let printer = Jsonl::new(output, &elements);
            inspect(input, args, limits, &elements, printer)
        }
        Format::Table => {
            let printer = Table::new(output, &elements);
            inspect(input, args, limits, &elements, printer)
        }
    };
    progress.clear();
    match done {
        Ok(found) => found.map_err(CliError::from),
        // Whoever reads has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(CliError::Stdout(error)),
    }
}

/// Prints what an input holds; what is wrong with it is told at the end.
fn inspect(
    input: Input,
    args: &InspectArgs,
    limits: Limits,
    elements: &Arc<Elements>,
    printer: impl Printer,
) -> io::Result<Result<(), InspectError>> {
    let mut inspector = Inspector {
        decoder: Decoder::with_elements(limits, Arc::clone(elements)),
        summary: Summary::default(),
        only: &args.only,
        left: args.count,
        number: 0,
        strange: false,
        printer,
    };
    let file = inspector.summary.file_mut();
    file.path = args.file.display().to_string();
    (file.form, file.compressed) = (input.name(), input.is_compressed());
    let is_datagram = file.form == "datagram";
    let remains = input.read(|found| inspector.take(found))?;
    let strange = is_datagram && inspector.strange;
    let broken = inspector.finish(remains)?;
    let path = args.file.clone();
    Ok(match broken {
        Some(text) => Err(InspectError::Broken { path, text }),
        None if strange => Err(InspectError::Unknown { path }),
        None => Ok(()),
    })
}

/// Explains message after message.
struct Inspector<'a, P> {
    decoder: Decoder,
    printer: P,
    summary: Summary,
    only: &'a [Kind],
    /// How many may still be printed.
    left: Option<u64>,
    number: u64,
    /// Whether the last message was of no known version.
    strange: bool,
}

impl<P: Printer> Inspector<'_, P> {
    fn take(&mut self, found: Found<'_>) -> io::Result<Taken> {
        if self.left == Some(0) {
            return Ok(ControlFlow::Break(()));
        }
        match found {
            Found::Message(message) => self.explain(message),
            Found::Fault(fault) => {
                self.summary.file_mut().stream_faults += 1;
                if self.is_wanted(Kind::Error) && self.counts() {
                    self.printer.fault(&fault)?;
                }
                Ok(ControlFlow::Continue(()))
            }
            Found::Ended(source) => {
                self.decoder.end_session(source);
                Ok(ControlFlow::Continue(()))
            }
        }
    }

    fn explain(&mut self, message: Message<'_>) -> io::Result<Taken> {
        self.number += 1;
        let datagram = Datagram {
            source: message.source.unwrap_or(NOBODY),
            received: message.received.unwrap_or_else(|| exported(&message)),
            payload: message.payload,
        };
        let limits = ExplainLimits::default();
        let explained = self.decoder.explain(message.transport, datagram, limits);
        let reason = explained.error().map(|error| error.kind.reason());
        self.strange = matches!(reason, Some(Reason::Empty | Reason::VersionUnknown))
            || reason == Some(Reason::Short) && explained.report.protocol.is_none();
        self.summary.add(&message, &explained);
        self.print(message, &explained)
    }

    fn print(&mut self, message: Message<'_>, explained: &Explanation) -> io::Result<Taken> {
        let context = Context {
            number: self.number,
            message,
            protocol: explained.report.protocol,
            header: explained.header.as_ref(),
        };
        for event in &explained.events {
            if kind_of(event).is_some_and(|kind| self.is_wanted(kind)) {
                if !self.counts() {
                    return Ok(ControlFlow::Break(()));
                }
                self.printer.event(&context, event)?;
            }
        }
        if let Some(error) = explained.error()
            && self.is_wanted(Kind::Error)
        {
            if !self.counts() {
                return Ok(ControlFlow::Break(()));
            }
            self.printer.rejected(&context, error)?;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn is_wanted(&self, kind: Kind) -> bool {
        self.only.is_empty() || self.only.contains(&kind)
    }

    /// Whether one more may be printed.
    fn counts(&mut self) -> bool {
        match &mut self.left {
            None => true,
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
        }
    }

    /// Prints the end; what was wrong with the file comes back.
    fn finish(mut self, remains: Remains) -> io::Result<Option<String>> {
        if let Some(broken) = &remains.broken
            && self.is_wanted(Kind::Error)
        {
            self.printer.broken(broken)?;
        }
        let file = self.summary.file_mut();
        file.packets = remains.packets;
        file.waiting = self.decoder.pending().0;
        file.whole = remains.broken.is_none() && self.left != Some(0);
        if self.is_wanted(Kind::Summary) {
            self.printer.summary(&self.summary)?;
        }
        self.printer.finish()?;
        Ok(remains.broken.map(|broken| broken.text))
    }
}

/// Where a message comes from if the file does not say it.
const NOBODY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// The export time of a message, for a file that does not say when it was received; sFlow
/// tells none.
fn exported(message: &Message<'_>) -> ReceiveTime {
    let at = match message.payload {
        [0, 10, ..] => 4,
        [0, 1 | 5 | 7 | 9, ..] => 8,
        _ => return ReceiveTime::default(),
    };
    let secs = message.payload.get(at..).and_then(<[u8]>::first_chunk);
    let secs = secs.map_or(0, |&octets| u32::from_be_bytes(octets));
    ReceiveTime::from_millis(i64::from(secs) * 1_000)
}
