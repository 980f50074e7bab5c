//! The sender: the only part that knows a clock and sockets.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::GenerateError;
use super::generator::{Emission, Generator};
use super::outlet::{Outlet, Way};
use super::totals::Totals;

/// When the sender is later than this, the simulated clock is moved on.
const TOO_LATE_MS: i64 = 250;
/// The time between two reports of progress.
const REPORT_EVERY: Duration = Duration::from_millis(100);

/// Where the datagrams of each exporter go; one without destinations sends nothing.
pub(crate) type Routes = Vec<Vec<SocketAddr>>;

/// Sends all datagrams over UDP when they are due, each exporter from its own sockets, and
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
    report: impl FnMut(&Totals) -> ControlFlow<()>,
) -> Result<Duration, GenerateError> {
    send_by(&Way::Udp, generator, routes, report)
}

/// The same by any way. Over TCP and TLS each exporter has a session with each of its
/// destinations, and waits at the end until all of it was taken.
///
/// # Errors
///
/// As [`send`].
pub(super) fn send_by(
    way: &Way,
    generator: &mut Generator,
    routes: &Routes,
    mut report: impl FnMut(&Totals) -> ControlFlow<()>,
) -> Result<Duration, GenerateError> {
    let mut outlets = open(way, routes)?;
    let begin = Instant::now();
    let mut reported = begin;
    let mut sent = 0;
    while let Some(emission) = generator.step() {
        let late_ms = pace(begin, emission.at_ms);
        send_to_all(&mut outlets, &emission).map_err(|refusal| refusal.after(sent))?;
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
    for outlet in outlets.into_iter().flatten() {
        let to = outlet.to;
        let closed = outlet.close();
        closed.map_err(|error| Refusal { to, error }.after(sent))?;
    }
    Ok(begin.elapsed())
}

fn open(way: &Way, routes: &Routes) -> Result<Vec<Vec<Outlet>>, GenerateError> {
    let outlet = |&to: &SocketAddr| {
        way.open(to).map_err(|error| match error.kind() {
            ErrorKind::ConnectionRefused => GenerateError::NobodyListens { to, sent: 0 },
            _ => GenerateError::Socket(to, error),
        })
    };
    routes
        .iter()
        .map(|destinations| destinations.iter().map(outlet).collect())
        .collect()
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

fn send_to_all(outlets: &mut [Vec<Outlet>], emission: &Emission<'_>) -> Result<(), Refusal> {
    for outlet in outlets.get_mut(emission.exporter).into_iter().flatten() {
        let to = outlet.to;
        let sent = outlet.send(emission.datagram);
        sent.map_err(|error| Refusal { to, error })?;
    }
    Ok(())
}
