//! `flowstream generate`: seeded exporters that send the traffic of a campus.
//!
//! The traffic and its encoding are pure: [`Generator`] gives the same datagrams
//! for the same options, each with the time at which it leaves on the simulated
//! clock, and exact totals. [`send()`] waits for these times and sends; a packet
//! capture holds them instead if one is asked for. How the times of records are chosen is
//! told in `plan.rs`.

mod args;
mod exporter;
pub(crate) mod generator;
mod outlet;
mod pcap;
mod plan;
mod population;
mod progress;
mod random;
mod record;
mod send;
#[cfg(test)]
mod tests;
mod tls;
mod totals;
pub(crate) mod traffic;
pub(crate) mod wire;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub(crate) use args::{GenerateArgs, rate};
pub(crate) use generator::Generator;
pub(crate) use send::{Routes, send};
pub(crate) use totals::Totals;

use args::{Format, Task};
use outlet::Way;
use progress::Progress;
use send::send_by;

/// Why nothing, or not everything, was generated.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GenerateError {
    /// A destination is not this machine.
    #[error(
        "{0} is not on this machine: generated flows look like real ones to whoever \
         collects there; add --allow-remote if they are awaited"
    )]
    Remote(SocketAddr),
    /// A destination is not an address.
    #[error("cannot send to `{to}`, which should be HOST:PORT: {error}")]
    Resolve {
        /// What was given.
        to: String,
        /// Why it is none.
        error: io::Error,
    },
    /// Too few exporters for the protocols, or too many at all.
    #[error(
        "{exporters} exporters for {protocols} protocols: there have to be {protocols} to {most}"
    )]
    Exporters {
        /// Exporters asked for.
        exporters: usize,
        /// Protocols asked for.
        protocols: usize,
        /// The most there can be.
        most: usize,
    },
    /// Something other than IPFIX over a stream.
    #[error("only IPFIX goes over TCP and TLS: --protocol ipfix")]
    NotIpfix,
    /// TLS without its files.
    #[error(transparent)]
    Tls(#[from] tls::TlsClientError),
    /// A destination refused datagrams several times in a row, or a connection.
    #[error(
        "nobody listens on {to}: start the collector with `flowstream run` \
         (records sent before: {sent})"
    )]
    NobodyListens {
        /// The destination.
        to: SocketAddr,
        /// Records in the datagrams sent before.
        sent: u64,
    },
    /// There is no socket for a destination.
    #[error("cannot open a socket to {0}: {1}")]
    Socket(SocketAddr, io::Error),
    /// The system did not send a datagram.
    #[error("cannot send to {to} (records sent before: {sent}): {error}")]
    Send {
        /// The destination.
        to: SocketAddr,
        /// Records in the datagrams sent before.
        sent: u64,
        /// Why not.
        error: io::Error,
    },
    /// The capture could not be written.
    #[error("cannot write the capture {}: {error}", path.display())]
    Capture {
        /// Its file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// The totals could not be written.
    #[error("cannot write the totals: {0}")]
    Output(io::Error),
}

/// Does what the command line asks for and writes the totals to standard output.
///
/// # Errors
///
/// [`GenerateError`], when arguments make no sense together, nobody listens, or
/// the system refuses.
pub(crate) fn run(args: GenerateArgs) -> Result<(), GenerateError> {
    let task = args.task(now_ms())?;
    let Task {
        options,
        routes,
        capture,
        way,
        format,
    } = task;
    let mut generator = Generator::new(options);
    let elapsed = match capture {
        Some(path) => write_capture(&mut generator, &routes, &path)?,
        None => send_with_progress(&way, &mut generator, &routes)?,
    };
    print(generator.totals(), elapsed, format).map_err(GenerateError::Output)
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = since.unwrap_or_default().as_millis();
    i64::try_from(millis).unwrap_or(i64::MAX / 2)
}

fn send_with_progress(
    way: &Way,
    generator: &mut Generator,
    routes: &Routes,
) -> Result<Duration, GenerateError> {
    let mut progress = Progress::new(generator.count());
    let outcome = send_by(way, generator, routes, |totals| {
        progress.show(totals);
        ControlFlow::Continue(())
    });
    progress.clear();
    outcome
}

/// Writes all datagrams into a file; how long the run took on the simulated clock.
fn write_capture(
    generator: &mut Generator,
    routes: &Routes,
    path: &Path,
) -> Result<Duration, GenerateError> {
    let written = File::create(path)
        .and_then(|file| pcap::write_all(generator, routes, BufWriter::new(file)));
    let last_ms = written.map_err(|error| GenerateError::Capture {
        path: path.to_owned(),
        error,
    })?;
    Ok(Duration::from_millis(last_ms.unsigned_abs()))
}

fn print(totals: &Totals, elapsed: Duration, format: Format) -> io::Result<()> {
    let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    let mut out = io::stdout().lock();
    match format {
        Format::Text => write!(out, "{}", totals.to_text(elapsed_ms)),
        Format::Json => writeln!(out, "{}", totals.to_json(elapsed_ms)),
    }
}
