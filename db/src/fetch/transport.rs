//! Connections that see it when nothing comes, and when nobody waits any more.
//!
//! The library has limits for a whole answer, and none for a time without an octet. So
//! between its sockets and its TLS there is a layer that waits in short slices.

use std::fmt;
use std::time::{Duration, Instant};

use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{
    Buffers, ConnectProxyConnector, ConnectionDetails, Connector, NextTimeout, RustlsConnector,
    TcpConnector, Transport,
};
use ureq::{Agent, Error};

use super::guard::Guard;

/// How long is waited before the flag is looked at again.
const SLICE: Duration = Duration::from_millis(200);

/// Why waiting ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Stopped {
    /// Nobody waits for it any more.
    #[error("cancelled")]
    Cancelled,
    /// Nothing came.
    #[error("stalled")]
    Stalled,
}

/// An agent whose connections a guard watches.
pub(super) fn agent(config: ureq::config::Config, guard: &Guard) -> Agent {
    let connector =
        ().chain(ConnectProxyConnector::default())
            .chain(TcpConnector::default())
            .chain(Watch(guard.clone()))
            .chain(RustlsConnector::default());
    Agent::with_parts(config, connector, DefaultResolver::default())
}

#[derive(Debug)]
struct Watch(Guard);

impl<In: Transport> Connector<In> for Watch {
    type Out = Watched<In>;

    fn connect(
        &self,
        _: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        let guard = self.0.clone();
        Ok(chained.map(|inner| Watched { inner, guard }))
    }
}

struct Watched<In> {
    inner: In,
    guard: Guard,
}

impl<In: Transport> Watched<In> {
    /// Waits until something is done, within a time and the limits of the guard.
    fn wait<T>(
        &mut self,
        timeout: NextTimeout,
        mut attempt: impl FnMut(&mut In, NextTimeout) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let begun = Instant::now();
        loop {
            if self.guard.cancel.is_cancelled() {
                return Err(Error::Other(Box::new(Stopped::Cancelled)));
            }
            let waited = begun.elapsed();
            let left = timeout.after.saturating_sub(waited);
            if left.is_zero() {
                return Err(Error::Timeout(timeout.reason));
            }
            let stall = self.guard.limits.stall.saturating_sub(waited);
            if stall.is_zero() {
                return Err(Error::Other(Box::new(Stopped::Stalled)));
            }
            let mut slice = timeout;
            slice.after = left.min(stall).min(SLICE).into();
            match attempt(&mut self.inner, slice) {
                Err(Error::Timeout(_)) => {}
                done => return done,
            }
        }
    }
}

impl<In: Transport> Transport for Watched<In> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, mut timeout: NextTimeout) -> Result<(), Error> {
        // Not in slices: what was written of it before a slice ended would be written again.
        let stall = self.guard.limits.stall;
        let stalls_first = stall < *timeout.after;
        timeout.after = stall.min(*timeout.after).into();
        match self.inner.transmit_output(amount, timeout) {
            Err(Error::Timeout(_)) if stalls_first => Err(Error::Other(Box::new(Stopped::Stalled))),
            done => done,
        }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.wait(timeout, Transport::await_input)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

impl<In: fmt::Debug> fmt::Debug for Watched<In> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Watched").field(&self.inner).finish()
    }
}
