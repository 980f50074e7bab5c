//! An ExporterSession: one exporter's connection over TCP or TLS (RFC 7011, 10.4).
//!
//! ```text
//!   claiming --> handshake --> reading <--> handing over --> closed
//!       |         (TLS)           |              |              ^
//!       +-- refused --+           +--------------+--------------+
//!                                   end, idle, malformed, drain
//! ```
//!
//! The session cuts what it reads into messages and hands them to the Receiver, a batch at
//! a time. Until the Receiver has answered it reads nothing, so the kernel's buffers fill
//! and TCP stalls the exporter: nothing is dropped. What the Receiver fell with goes to
//! quarantine, and the session is closed, so that the exporter sends its templates again.
//!
//! A session that falls itself is over; it only tells the Receiver so.

mod outcome;
mod places;
mod serving;

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix::prelude::*;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::accounting::Accounting;
use crate::message::{Messages, StreamMessages};
use crate::quarantine::Bin;
use crate::rate_limit::RateLimit;
use crate::supervision::ask;
use crate::{message::Custody, tls};
pub use outcome::{Refused, SessionEnd};
pub use places::{Place, Places};
use serving::Serving;

/// The name in logs and quarantine.
pub const NAME: &str = "exporter-session";

/// When the service ends, a handshake that has begun may take so long.
const LAST_CALL: Duration = Duration::from_secs(1);

/// What all sessions share.
pub struct Reception {
    /// Takes what they read.
    pub receiver: Recipient<StreamMessages>,
    /// Where goes what the Receiver fell with.
    pub bin: Bin,
    /// The counters.
    pub accounting: Arc<Accounting>,
    /// After how long without a message a session is closed.
    pub idle_timeout: Duration,
    /// How long the handshake of TLS may take.
    pub handshake_timeout: Duration,
    /// Cancelled when all sessions are to end.
    pub closing: CancellationToken,
    log: Mutex<RateLimit>,
}

impl Reception {
    /// A reception whose sessions send to `receiver`.
    #[must_use]
    pub fn new(
        receiver: Recipient<StreamMessages>,
        bin: Bin,
        accounting: Arc<Accounting>,
        idle_timeout: Duration,
        handshake_timeout: Duration,
    ) -> Self {
        Self {
            receiver,
            bin,
            accounting,
            idle_timeout,
            handshake_timeout,
            closing: CancellationToken::new(),
            log: Mutex::new(RateLimit::per_second(1)),
        }
    }

    fn permit(&self) -> Option<u64> {
        self.log
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .permit()
    }

    /// Counts a connection that gets no session, and says why. Without the exporter's
    /// address: it is one of those that are anonymized.
    pub(crate) fn refuse(&self, refused: Refused) {
        self.accounting.refuse(refused);
        if refused != Refused::Draining
            && let Some(suppressed) = self.permit()
        {
            let (reason, meaning) = (refused.name(), refused.sentence());
            warn!(
                reason,
                meaning, suppressed, "connection of an exporter refused"
            );
        }
    }
}

/// The two ends of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Ends {
    /// The exporter's.
    pub source: SocketAddr,
    /// The collector's.
    pub destination: SocketAddr,
}

/// A connection that was accepted.
pub struct Connection<S> {
    /// The socket.
    pub stream: S,
    /// Its ends.
    pub ends: Ends,
    /// Set where TLS is spoken.
    pub tls: Option<TlsAcceptor>,
    /// Its place among the sessions allowed.
    pub place: Place,
}

/// What octets go over: TCP, but in tests.
pub trait Socket: AsyncRead + AsyncWrite + Unpin + 'static {}

impl<S: AsyncRead + AsyncWrite + Unpin + 'static> Socket for S {}

/// One exporter's session.
pub struct ExporterSession<S> {
    /// Taken when the session begins; a session that fell has none.
    connection: Option<Connection<S>>,
    ends: Ends,
    reception: Arc<Reception>,
    /// Whether the Receiver knows of the session and not of its end.
    known: Arc<AtomicBool>,
}

impl<S: Socket> ExporterSession<S> {
    /// A session over a connection.
    #[must_use]
    pub fn new(connection: Connection<S>, reception: Arc<Reception>) -> Self {
        Self {
            ends: connection.ends,
            connection: Some(connection),
            reception,
            known: Arc::default(),
        }
    }
}

impl<S: Socket> Actor for ExporterSession<S> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        let (reception, known) = (Arc::clone(&self.reception), Arc::clone(&self.known));
        let work: Pin<Box<dyn Future<Output = ()>>> = match self.connection.take() {
            Some(connection) => Box::pin(run(connection, reception, known)),
            None => Box::pin(part(self.ends, reception, known)),
        };
        let work = work.into_actor(self);
        ctx.wait(work.map(|(), _, ctx| ctx.stop()));
    }
}

impl<S: Socket> Supervised for ExporterSession<S> {}

/// The whole of a session.
async fn run<S: Socket>(
    connection: Connection<S>,
    reception: Arc<Reception>,
    known: Arc<AtomicBool>,
) {
    let Connection {
        stream,
        ends,
        tls,
        mut place,
    } = connection;
    let served = async {
        place.claim(reception.handshake_timeout).await?;
        let serving = || Serving::begin(ends, &reception, &known);
        match tls {
            None => serving().serve(stream).await,
            Some(tls) => {
                let stream = handshake(&tls, stream, &reception).await?;
                serving().serve(stream).await;
            }
        }
        Ok(())
    };
    if let Err(refused) = served.await {
        reception.refuse(refused);
    }
}

/// TLS: whoever does not come through is nobody from whom anything is taken (RFC 7011,
/// 11.3).
async fn handshake<S: Socket>(
    tls: &TlsAcceptor,
    stream: S,
    reception: &Reception,
) -> Result<TlsStream<S>, Refused> {
    let too_late = async {
        reception.closing.cancelled().await;
        sleep(LAST_CALL).await;
    };
    tokio::select! {
        () = too_late => Err(Refused::Draining),
        shaken = timeout(reception.handshake_timeout, tls.accept(stream)) => match shaken {
            Ok(shaken) => shaken.map_err(|error| tls::refused(&error)),
            Err(_) => Err(Refused::HandshakeTimeout),
        },
    }
}

/// Tells the Receiver that a session which fell is over.
async fn part(ends: Ends, reception: Arc<Reception>, known: Arc<AtomicBool>) {
    if known.swap(false, Relaxed) {
        let end = StreamMessages {
            source: ends.source,
            destination: ends.destination,
            begins: false,
            messages: Arc::new(Messages::default()),
            end: Some(SessionEnd::Fell.recorded()),
        };
        let custody = Custody::Nothing;
        ask(NAME, &reception.receiver, &reception.bin, end, custody).await;
    }
}
