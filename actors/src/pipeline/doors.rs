//! Where exporters connect to over TCP and TLS.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use actix::prelude::*;

use super::StreamPort;
use super::arbiters::{Arbiters, on};
use super::wiring::Common;
use crate::ActorsError;
use crate::exporter_listener::{self, Door, ExporterListener};
use crate::exporter_session::{Places, Reception};
use crate::receiver::Receiver;
use crate::supervision::supervise;
use crate::tcp;
use crate::tls::ExporterTls;

/// A door that is bound and not yet open.
pub(super) struct BoundDoor {
    listener: TcpListener,
    port: StreamPort,
    tls: Option<ExporterTls>,
}

/// Binds all doors of the settings.
pub(super) fn bind(
    streams: &settings::Streams,
    tls: Option<&ExporterTls>,
) -> Result<Vec<BoundDoor>, ActorsError> {
    let plain = streams.tcp().iter().map(|&address| (address, None));
    let secured = streams.tls().zip(tls).into_iter().flat_map(|(tls, own)| {
        let addresses = tls.listen().iter();
        addresses.map(move |&address| (address, Some(own.clone())))
    });
    let doors = plain.chain(secured);
    doors.map(|(address, tls)| bind_one(address, tls)).collect()
}

fn bind_one(address: SocketAddr, tls: Option<ExporterTls>) -> Result<BoundDoor, ActorsError> {
    let failed = |source| ActorsError::Listen { address, source };
    let listener = tcp::bind(address).map_err(failed)?;
    let port = StreamPort {
        address: listener.local_addr().map_err(failed)?,
        tls: tls.is_some(),
    };
    Ok(BoundDoor {
        listener,
        port,
        tls,
    })
}

/// Opens the doors on the source's arbiter; gives where they are.
pub(super) async fn open(
    common: &Common,
    arbiters: &Arbiters,
    doors: Vec<BoundDoor>,
    receiver: &Addr<Receiver>,
) -> Result<(Addr<ExporterListener>, Vec<StreamPort>), ActorsError> {
    let ports: Vec<StreamPort> = doors.iter().map(|door| door.port).collect();
    let arbiter = arbiters.source.handle();
    let open = move || -> Result<Vec<Arc<Door>>, ActorsError> {
        doors.into_iter().map(open_one).collect()
    };
    let doors = on(&arbiter, open).await??;
    let streams = common.settings.receiver().streams();
    let places = Places::new(streams.most().get(), streams.per_exporter().get());
    let reception = Reception::new(
        receiver.clone().recipient(),
        common.bin.clone(),
        Arc::clone(&common.accounting),
        streams.idle_timeout(),
        streams.handshake_timeout(),
    );
    let (policy, overseer) = (common.policy, common.overseer.clone());
    let listener = supervise(
        exporter_listener::NAME,
        policy,
        overseer.clone(),
        &arbiter,
        move |_| ExporterListener::new(doors, reception, places, policy, overseer),
    );
    Ok((listener, ports))
}

fn open_one(door: BoundDoor) -> Result<Arc<Door>, ActorsError> {
    let address = door.port.address;
    let listener = tokio::net::TcpListener::from_std(door.listener);
    let listener = listener.map_err(|source| ActorsError::Listen { address, source })?;
    Ok(Arc::new(Door {
        listener,
        tls: door.tls.as_ref().map(ExporterTls::acceptor),
    }))
}
