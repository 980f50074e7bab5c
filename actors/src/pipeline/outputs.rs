//! The end of the pipeline: the Recorders, the ring, and the clients.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use actix::prelude::*;
use dataset::name::Content;
use dataset::segment::Kind;
use flow::Network;
use mediation::anonymize::{Anonymization, KeyName};
use protocol::{Declaration, Form, Format, LegacyRules};
use serde_json::{Map, Value, json};
use settings::{ByteSize, Sync};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::arbiters::{Arbiters, on};
use super::sources::Feed;
use super::wiring::{Common, is_replay, millis};
use crate::ActorsError;
use crate::client_listener::{self, ClientListener};
use crate::hall::{Hall, Limits};
use crate::recorder::{self, PreparedRecorder, RawRecorder};
use crate::replayer::RUN;
use crate::ring::Ring;
use crate::store::{Options, Retention, Store, StoreError, SyncRule, key_at, oldest_seq_of};
use crate::supervision::supervise;
use crate::tcp;
use crate::terms::ANONYMIZATION;

/// What comes after the lanes.
pub(super) struct Outputs {
    pub(super) hall: Arc<Hall>,
    pub(super) raw: Option<Addr<RawRecorder>>,
    pub(super) prepared: Option<Addr<PreparedRecorder>>,
    pub(super) addresses: Vec<SocketAddr>,
    _listener: Addr<ClientListener>,
}

impl Outputs {
    pub(super) async fn start(
        common: &Common,
        arbiters: &Arbiters,
        feed: &Feed,
    ) -> Result<Self, ActorsError> {
        let store = prepared_store(common, feed)?;
        let ring = Arc::new(ring(common, store.as_ref(), feed));
        let history = history(common, store.is_some(), feed);
        let known = feed.known();
        let raw = raw_store(common)?.map(|store| start_raw(common, arbiters, store, known));
        let prepared = store.map(|store| start_prepared(common, arbiters, store, &ring));
        let hall = Arc::new(Hall {
            ring,
            history,
            anonymization: Declaration::of(common.keys.in_force()),
            legacy: legacy_rules(common),
            limits: limits(common),
            first_client: watch::Sender::new(false),
            accounting: Arc::clone(&common.accounting),
        });
        let (listener, addresses) = start_clients(common, arbiters, &hall).await?;
        Ok(Self {
            hall,
            raw,
            prepared,
            addresses,
            _listener: listener,
        })
    }
}

/// The store of the prepared dataset, where one is written.
fn prepared_store(common: &Common, feed: &Feed) -> Result<Option<Store>, StoreError> {
    let recorder = common.settings.recorder();
    if !recorder.records_prepared() || !feed.records() {
        return Ok(None);
    }
    let directory = recorder.prepared_directory();
    if is_replay(&common.settings) && oldest_seq_of(&directory)?.is_some() {
        return Err(StoreError::NotEmpty { path: directory });
    }
    let preamble = Form::all(Format::Csv).preamble();
    let meta = anonymization(common.keys.in_force());
    let options = options(
        common,
        directory,
        Kind::Prepared,
        Content::Csv,
        meta,
        preamble,
    );
    Store::open(options).map(Some)
}

fn raw_store(common: &Common) -> Result<Option<Store>, StoreError> {
    let recorder = common.settings.recorder();
    if !recorder.records_raw() || is_replay(&common.settings) {
        return Ok(None);
    }
    let now = std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH);
    let run = u64::try_from(now.unwrap_or_default().as_millis()).unwrap_or(u64::MAX);
    let meta = Map::from_iter([(RUN.to_owned(), json!(run))]);
    let directory = recorder.raw_directory();
    let options = options(
        common,
        directory,
        Kind::Raw,
        Content::Pcapng,
        meta,
        Vec::new(),
    );
    Store::open(options).map(Some)
}

fn options(
    common: &Common,
    directory: PathBuf,
    kind: Kind,
    content: Content,
    meta: Map<String, Value>,
    preamble: Vec<u8>,
) -> Options {
    let recorder = common.settings.recorder();
    Options {
        directory,
        kind,
        content,
        level: recorder.compression_level(),
        segment_bytes: recorder.segment_bytes().bytes(),
        segment_ms: millis(recorder.segment_time()),
        sync: sync_rule(common),
        retention: retention(common, kind),
        meta,
        preamble,
    }
}

fn retention(common: &Common, kind: Kind) -> Retention {
    let recorder = common.settings.recorder();
    let keep = match kind {
        Kind::Raw => recorder.keep_raw(),
        Kind::Prepared => recorder.keep_prepared(),
    };
    Retention {
        age: keep.time,
        octets: keep.bytes.map(ByteSize::bytes),
        free_min: recorder.free_space_min().bytes(),
    }
}

fn sync_rule(common: &Common) -> SyncRule {
    match common.settings.recorder().sync() {
        Sync::Always => SyncRule::Always,
        Sync::Interval { interval, bytes } => SyncRule::Paced {
            interval,
            bytes: bytes.bytes(),
        },
        Sync::Never => SyncRule::Never,
    }
}

/// How the dataset's fields were anonymized, as clients are told too.
fn anonymization(policy: &Anonymization) -> Map<String, Value> {
    let declared = json!(Declaration::of(policy));
    Map::from_iter([(ANONYMIZATION.to_owned(), declared)])
}

/// The ring goes on where the prepared dataset ends, or begins where a replayed one does.
fn ring(common: &Common, store: Option<&Store>, feed: &Feed) -> Ring {
    let replayed = feed.first_seq();
    let next_seq = replayed.or(store.map(Store::next_seq)).unwrap_or(0);
    let ring = Ring::new(next_seq, common.settings.clients().ring_bytes().as_usize());
    let ring = ring.with_key(first_key(common, feed));
    if replayed.is_some() {
        // Everything there will ever be is stored already.
        ring.set_written(u64::MAX);
    }
    ring
}

/// What names the key of the first flows, as far as it is known before they leave: of which
/// epoch they are is not.
fn first_key(common: &Common, feed: &Feed) -> Option<KeyName> {
    if let (Some(directory), Some(seq)) = (feed.history(), feed.first_seq()) {
        // What is wrong with its header is said where its flows are read.
        return key_at(&directory, seq).ok().flatten();
    }
    let named = |id| KeyName { id, epoch: None };
    common.keys.key_id().map(named)
}

/// Where sessions read what has left the ring.
fn history(common: &Common, recorded: bool, feed: &Feed) -> Option<PathBuf> {
    let replayed = feed.history();
    replayed.or_else(|| recorded.then(|| common.settings.recorder().prepared_directory()))
}

/// The columns of the original system: a network that is not known is in them as any other
/// is, and ports have one limit in all of them.
fn legacy_rules(common: &Common) -> LegacyRules {
    let unknown = Network::DEFAULT_ROUTE;
    LegacyRules {
        positions_swapped: common.settings.clients().legacy_positions_swapped(),
        unknown_network: common
            .keys
            .in_force()
            .told_network(unknown)
            .unwrap_or(unknown),
        ports: common.keys.in_force().ports(),
    }
}

fn limits(common: &Common) -> Limits {
    let clients = common.settings.clients();
    Limits {
        request_timeout: clients.request_timeout(),
        request_bytes_max: clients.request_bytes_max().as_usize(),
        write_timeout: clients.write_timeout(),
    }
}

fn start_raw(
    common: &Common,
    arbiters: &Arbiters,
    store: Store,
    known: Vec<u8>,
) -> Addr<RawRecorder> {
    let (bin, accounting) = (common.bin.clone(), Arc::clone(&common.accounting));
    let edition = Arc::clone(&common.stock.edition);
    let interval = common.settings.recorder().flush_interval();
    let storage = arbiters.storage.handle();
    supervise(
        recorder::RAW,
        common.policy,
        common.overseer.clone(),
        &storage,
        move |_| RawRecorder::new(store, interval, &known, &edition, bin, accounting),
    )
}

fn start_prepared(
    common: &Common,
    arbiters: &Arbiters,
    store: Store,
    ring: &Arc<Ring>,
) -> Addr<PreparedRecorder> {
    let (bin, accounting) = (common.bin.clone(), Arc::clone(&common.accounting));
    let (ring, storage) = (Arc::clone(ring), arbiters.storage.handle());
    supervise(
        recorder::PREPARED,
        common.policy,
        common.overseer.clone(),
        &storage,
        move |_| PreparedRecorder::new(store, ring, bin, accounting),
    )
}

async fn start_clients(
    common: &Common,
    arbiters: &Arbiters,
    hall: &Arc<Hall>,
) -> Result<(Addr<ClientListener>, Vec<SocketAddr>), ActorsError> {
    let clients = arbiters.clients.handle();
    let (mut listeners, mut addresses) = (Vec::new(), Vec::new());
    for &address in common.settings.clients().listen() {
        let failed = |source| ActorsError::Listen { address, source };
        let bound = tcp::bind(address).map_err(failed)?;
        addresses.push(bound.local_addr().map_err(failed)?);
        let listener = on(&clients, move || TcpListener::from_std(bound)).await?;
        listeners.push(Arc::new(listener.map_err(failed)?));
    }
    let (hall, overseer) = (Arc::clone(hall), common.overseer.clone());
    let (policy, sessions_max) = (
        common.policy,
        common.settings.clients().sessions_max().get(),
    );
    let listener = supervise(
        client_listener::NAME,
        policy,
        overseer.clone(),
        &clients,
        move |_| ClientListener::new(listeners, hall, sessions_max, policy, overseer),
    );
    Ok((listener, addresses))
}
