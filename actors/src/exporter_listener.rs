//! The ExporterListener: accepts exporters and gives each a supervised session.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use futures_util::stream;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;
use tracing::warn;

use crate::exporter_session::{
    self, Connection, Ends, ExporterSession, Places, Reception, Refused,
};
use crate::message::Drain;
use crate::rate_limit::RateLimit;
use crate::supervision::{Incident, Policy, supervise};
use crate::tcp;

/// The name in logs.
pub const NAME: &str = "exporter-listener";

/// The rest after a failed accept, so that a lack of descriptors does not spin.
const REST: Duration = Duration::from_millis(100);

/// Where exporters connect to.
pub struct Door {
    /// The socket.
    pub listener: TcpListener,
    /// Set where TLS is spoken.
    pub tls: Option<TlsAcceptor>,
}

/// Accepts exporters at some doors.
pub struct ExporterListener {
    doors: Vec<Arc<Door>>,
    reception: Arc<Reception>,
    places: Arc<Places>,
    policy: Policy,
    overseer: Recipient<Incident>,
    log: RateLimit,
}

/// A connection, and whether TLS is to be spoken over it.
struct Accepted {
    accepted: io::Result<(TcpStream, SocketAddr)>,
    tls: Option<TlsAcceptor>,
}

impl ExporterListener {
    /// A listener that gives exporters as many sessions as there are `places`.
    #[must_use]
    pub fn new(
        doors: Vec<Arc<Door>>,
        reception: Reception,
        places: Places,
        policy: Policy,
        overseer: Recipient<Incident>,
    ) -> Self {
        Self {
            doors,
            reception: Arc::new(reception),
            places: Arc::new(places),
            policy,
            overseer,
            log: RateLimit::per_second(1),
        }
    }

    fn receive(&self, stream: TcpStream, peer: SocketAddr, tls: Option<TlsAcceptor>) {
        if let Err(refused) = self.welcome(stream, peer, tls) {
            self.reception.refuse(refused);
        }
    }

    /// Accepts who has connected by now. The kernel is asked, not the runtime, which may
    /// not have looked since.
    fn receive_the_last(&self) {
        for door in &self.doors {
            for _ in 0..tcp::BACKLOG {
                let Ok((stream, peer)) = tcp::accept(&door.listener) else {
                    break;
                };
                self.receive(stream, peer, door.tls.clone());
            }
        }
    }

    fn welcome(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        tls: Option<TlsAcceptor>,
    ) -> Result<(), Refused> {
        if self.reception.closing.is_cancelled() {
            return Err(Refused::Draining);
        }
        let canonical = |end: SocketAddr| SocketAddr::new(end.ip().to_canonical(), end.port());
        let source = canonical(peer);
        let place = self.places.take(source)?;
        tcp::prepare(&stream);
        let Ok(destination) = stream.local_addr() else {
            // It is gone already.
            return Ok(());
        };
        let connection = Connection {
            stream,
            ends: Ends {
                source,
                destination: canonical(destination),
            },
            tls,
            place,
        };
        let reception = Arc::clone(&self.reception);
        supervise(
            exporter_session::NAME,
            self.policy,
            self.overseer.clone(),
            &Arbiter::current(),
            move |_| ExporterSession::new(connection, reception),
        );
        Ok(())
    }
}

impl Actor for ExporterListener {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        for door in &self.doors {
            let accepts = stream::unfold(Arc::clone(door), |door| async {
                let accepted = door.listener.accept().await;
                if accepted.is_err() {
                    sleep(REST).await;
                }
                let tls = door.tls.clone();
                Some((Accepted { accepted, tls }, door))
            });
            ctx.add_stream(accepts);
        }
    }
}

impl Supervised for ExporterListener {}

impl StreamHandler<Accepted> for ExporterListener {
    fn handle(&mut self, Accepted { accepted, tls }: Accepted, _: &mut Context<Self>) {
        match accepted {
            Ok((stream, peer)) => self.receive(stream, peer, tls),
            Err(error) => {
                if let Some(suppressed) = self.log.permit() {
                    warn!(%error, suppressed, "an exporter could not be accepted");
                }
            }
        }
    }

    /// The doors outlive everything; there is no end to act on.
    fn finished(&mut self, _: &mut Context<Self>) {}
}

impl Handler<Drain> for ExporterListener {
    type Result = ResponseFuture<()>;

    /// Sessions hand over what they have read and what is there to read, and end; also
    /// those of exporters that have connected and were not accepted yet.
    fn handle(&mut self, _: Drain, _: &mut Context<Self>) -> Self::Result {
        self.receive_the_last();
        self.reception.closing.cancel();
        let places = Arc::clone(&self.places);
        Box::pin(async move { places.all_free().await })
    }
}
