//! The sender: the only part that knows a clock and sockets.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::ops::ControlFlow;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::GenerateError;
use super::generator::{Emission, Generator};
use super::totals::Totals;

/// How often a datagram is tried while nobody listens.
const TRIES: u32 = 5;
/// The time between two tries.
const TRY_AGAIN: Duration = Duration::from_millis(300);
/// When the sender is later than this, the simulated clock is moved on.
const TOO_LATE_MS: i64 = 250;
/// The time between two reports of progress.
const REPORT_EVERY: Duration = Duration::from_millis(100);

/// Where the datagrams of each exporter go; one without destinations sends nothing.
pub(crate) type Routes = Vec<Vec<SocketAddr>>;

/// Sends all datagrams when they are due, each exporter from its own sockets, and
/// reports what was sent about ten times a second. Stops early on a break.
///
/// # Errors
///
/// [`GenerateError::NobodyListens`] when a destination refuses a datagram several
/// times in a row, [`GenerateError::Socket`] and [`GenerateError::Send`] when the
/// system does.
pub(crate) fn send(
    generator: &mut Generator,
    routes: &Routes,
    mut report: impl FnMut(&Totals) -> ControlFlow<()>,
) -> Result<Duration, GenerateError> {
    let sockets = open(routes)?;
    let begin = Instant::now();
    let mut reported = begin;
    let mut sent = 0;
    while let Some(emission) = generator.step() {
        let late_ms = pace(begin, emission.at_ms);
        send_to_all(&sockets, &emission).map_err(|refusal| refusal.after(sent))?;
        if late_ms > TOO_LATE_MS || late_ms > 0 && generator.is_unpaced() {
            generator.not_before(elapsed_ms(begin));
        }
        sent = generator.totals().records;
        if reported.elapsed() >= REPORT_EVERY {
            reported = Instant::now();
            if report(generator.totals()).is_break() {
                break;
            }
        }
    }
    Ok(begin.elapsed())
}

/// A connected socket and where it sends.
struct Outlet {
    socket: UdpSocket,
    to: SocketAddr,
}

fn open(routes: &Routes) -> Result<Vec<Vec<Outlet>>, GenerateError> {
    let outlet = |&to: &SocketAddr| connect(to).map_err(|e| GenerateError::Socket(to, e));
    routes
        .iter()
        .map(|destinations| destinations.iter().map(outlet).collect())
        .collect()
}

fn connect(to: SocketAddr) -> io::Result<Outlet> {
    let socket = if to.is_ipv4() {
        UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?
    } else {
        UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0))?
    };
    socket.connect(to)?;
    Ok(Outlet { socket, to })
}

/// Waits until a time after the begin; how late it is then, in milliseconds.
fn pace(begin: Instant, at_ms: i64) -> i64 {
    let early = at_ms - elapsed_ms(begin);
    if early > 0 {
        let due = Duration::from_millis(at_ms.unsigned_abs());
        sleep(due.saturating_sub(begin.elapsed()));
    }
    -early
}

fn elapsed_ms(begin: Instant) -> i64 {
    i64::try_from(begin.elapsed().as_millis()).unwrap_or(i64::MAX)
}

/// Why a datagram could not be sent.
struct Refusal {
    to: SocketAddr,
    error: io::Error,
}

impl Refusal {
    fn after(self, sent: u64) -> GenerateError {
        let Self { to, error } = self;
        match error.kind() {
            ErrorKind::ConnectionRefused => GenerateError::NobodyListens { to, sent },
            _ => GenerateError::Send { to, sent, error },
        }
    }
}

fn send_to_all(sockets: &[Vec<Outlet>], emission: &Emission<'_>) -> Result<(), Refusal> {
    let outlets = sockets
        .get(emission.exporter)
        .map_or(&[][..], Vec::as_slice);
    for outlet in outlets {
        send_one(outlet, emission.datagram).map_err(|error| Refusal {
            to: outlet.to,
            error,
        })?;
    }
    Ok(())
}

/// Sends a datagram, again if nobody listened: on loopback the refusal is known
/// as soon as the datagram was sent, so that none is counted that was refused.
fn send_one(outlet: &Outlet, datagram: &[u8]) -> io::Result<()> {
    let mut tries = 1;
    loop {
        let sent = outlet.socket.send(datagram).map(drop);
        let outcome = match (sent, outlet.socket.take_error()?) {
            (Ok(()), None) => return Ok(()),
            (Err(error), _) | (Ok(()), Some(error)) => error,
        };
        match outcome.kind() {
            ErrorKind::Interrupted => {}
            ErrorKind::ConnectionRefused if tries < TRIES => {
                tries += 1;
                sleep(TRY_AGAIN);
            }
            _ => return Err(outcome),
        }
    }
}
