//! The ClientListener: accepts clients and gives each a supervised session.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use futures_util::stream;
use protocol::{Refusal, RefusalCode};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tracing::warn;

use crate::client_session::{self, ClientSession};
use crate::hall::Hall;
use crate::rate_limit::RateLimit;
use crate::supervision::{Incident, Policy, supervise};
use crate::tcp;

/// The name in logs.
pub const NAME: &str = "client-listener";

/// The rest after a failed accept, so that a lack of descriptors does not spin.
const REST: Duration = Duration::from_millis(100);

/// Accepts clients on some listeners.
pub struct ClientListener {
    listeners: Vec<Arc<TcpListener>>,
    hall: Arc<Hall>,
    places: Arc<Semaphore>,
    policy: Policy,
    overseer: Recipient<Incident>,
    log: RateLimit,
}

type Accepted = io::Result<(TcpStream, SocketAddr)>;

impl ClientListener {
    /// A listener that gives at most `sessions_max` clients a session at a time.
    #[must_use]
    pub fn new(
        listeners: Vec<Arc<TcpListener>>,
        hall: Arc<Hall>,
        sessions_max: usize,
        policy: Policy,
        overseer: Recipient<Incident>,
    ) -> Self {
        let places = Arc::new(Semaphore::new(sessions_max.min(Semaphore::MAX_PERMITS)));
        Self {
            listeners,
            hall,
            places,
            policy,
            overseer,
            log: RateLimit::per_second(1),
        }
    }

    fn welcome(&mut self, stream: TcpStream, peer: SocketAddr) {
        tcp::prepare(&stream);
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            return self.turn_away(stream, peer);
        };
        let hall = Arc::clone(&self.hall);
        let here = Arbiter::current();
        let overseer = self.overseer.clone();
        supervise(
            client_session::NAME,
            self.policy,
            overseer,
            &here,
            move |_| ClientSession::new(stream, peer, hall, place),
        );
    }

    /// Tells a client why it gets no session; if it does not listen, so be it.
    fn turn_away(&mut self, stream: TcpStream, peer: SocketAddr) {
        self.hall.accounting.sessions_refused.add(1);
        let refusal = Refusal::new(
            RefusalCode::Busy,
            "there are as many sessions as allowed",
            "try again later; clients.sessions_max is the limit",
        );
        actix::spawn(async move {
            let stream = Arc::new(stream);
            if let Ok(Ok(())) = timeout(REST, stream.writable()).await {
                drop(stream.try_write(&refusal.line()));
                client_session::linger(stream).await;
            }
        });
        if let Some(suppressed) = self.log.permit() {
            warn!(client = %peer, suppressed, "no session: as many as allowed are open");
        }
    }
}

impl Actor for ClientListener {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        for listener in &self.listeners {
            let accepts = stream::unfold(Arc::clone(listener), |listener| async {
                let accepted = listener.accept().await;
                if accepted.is_err() {
                    sleep(REST).await;
                }
                Some((accepted, listener))
            });
            ctx.add_stream(accepts);
        }
    }
}

impl Supervised for ClientListener {}

impl StreamHandler<Accepted> for ClientListener {
    fn handle(&mut self, accepted: Accepted, _: &mut Context<Self>) {
        match accepted {
            Ok((stream, peer)) => self.welcome(stream, peer),
            Err(error) => {
                if let Some(suppressed) = self.log.permit() {
                    warn!(%error, suppressed, "a client could not be accepted");
                }
            }
        }
    }

    /// The listeners outlive everything; there is no end to act on.
    fn finished(&mut self, _: &mut Context<Self>) {}
}
