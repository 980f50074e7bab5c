//! Anonymization of flows (RFC 6235), and the only type that may leave.
//!
//! [`AnonymizedFlow`] has no public constructor but the three in this module: a policy
//! applied to an enriched flow, a flow read back from a prepared dataset, which holds
//! nothing else, and the sum of flows that were anonymized before ([`Reduced`]). So a
//! session or a prepared dataset that was given an original flow does not compile:
//!
//! ```compile_fail,E0423
//! fn leak(flow: flow::EnrichedFlow) -> mediation::anonymize::AnonymizedFlow {
//!     mediation::anonymize::AnonymizedFlow(flow)
//! }
//! ```

mod crypto_pan;
mod epoch;
mod flips;
mod hkdf;
mod ipcrypt_pfx;
mod key;
mod key_ring;
pub mod method;
mod octets;
mod prefix_preserving;
mod reduced;
mod remembered;
mod scheme;
mod table;

use std::cmp::Ordering;
use std::net::IpAddr;

use flow::{
    AggregatedFlow, Civil, EnrichedFlow, Exporter, Field, FlowKey, Method, Network, Place, Prefix,
    Value,
};

pub use crypto_pan::CryptoPan;
pub use epoch::{Epoch, EpochError, Epochs};
pub use ipcrypt_pfx::IpcryptPfx;
pub use key::{Key, KeyId, KeyIdError, KeyLengthError, KeyName};
pub use key_ring::KeyRing;
pub use octets::OctetPermutation;
pub use prefix_preserving::PrefixPreserving;
pub use reduced::{KeyFields, Nulls, Reduced, Totals};
use remembered::{CHUNK, Remembered};
pub use scheme::Scheme;
use table::{Description, PORT_LIMIT, RARE};
pub use table::{
    Methods, Parameters, Rules, Said, SaidMeasures, Scopes, SpecialUse, Table, TableError,
    Technique, Unsuitable,
};

use crate::select::PortLimit;

/// A flow from which no original address can leave: the prepared flow, or the sum of
/// several, of which some fields are null that a flow always has.
#[derive(Debug, Clone, PartialEq)]
pub struct AnonymizedFlow(EnrichedFlow, Nulls);

impl AnonymizedFlow {
    /// A flow as it was read from a prepared dataset, where only anonymized flows are.
    ///
    /// Nothing but the reader of stored prepared flows may call this.
    #[must_use]
    pub fn restored(flow: EnrichedFlow) -> Self {
        Self(flow, Nulls::NONE)
    }

    /// The same without the values of some fields.
    #[must_use]
    pub fn without(self, nulls: Nulls) -> Self {
        let Self(flow, before) = self;
        Self(flow, before.and(nulls))
    }

    /// The flow's times, counters and (anonymized) key. Of a sum, the key and the exporter
    /// may stand for nothing; [`AnonymizedFlow::value`] knows.
    #[must_use]
    pub fn flow(&self) -> &AggregatedFlow {
        &self.0.flow
    }

    /// What is known of the (anonymized) source.
    #[must_use]
    pub fn src(&self) -> &Place {
        &self.0.src
    }

    /// What is known of the (anonymized) destination.
    #[must_use]
    pub fn dst(&self) -> &Place {
        &self.0.dst
    }

    /// The value of a field; `civil` is the date of the flow's start.
    #[must_use]
    pub fn value(&self, field: Field, civil: &Civil) -> Value<'_> {
        if self.1.has(field) {
            return Value::Null;
        }
        self.0.value(field, civil)
    }

    /// The order of the prepared stream within one tick: by time, then by everything
    /// else. It sees anonymized values only, so that positions tell nothing about the
    /// original ones, and two flows that it holds equal are written alike.
    #[must_use]
    pub fn stream_order(&self, other: &Self) -> Ordering {
        let times = |flow: &AggregatedFlow| (flow.start_ms, flow.end_ms);
        times(self.flow())
            .cmp(&times(other.flow()))
            .then_with(|| self.flow().cmp(other.flow()))
            // Addresses that became one may be of different places.
            .then_with(|| place_order(self.src(), other.src()))
            .then_with(|| place_order(self.dst(), other.dst()))
            .then_with(|| self.1.cmp(&other.1))
    }
}

/// A total order of places that differ in anything that is written.
fn place_order(one: &Place, other: &Place) -> Ordering {
    let rest = |place: &Place| {
        (
            place.prefix,
            place.asn,
            place.country,
            place.vlan,
            place.locality,
        )
    };
    let degrees = |place: &Place| place.position.map(|at| [at.latitude, at.longitude]);
    let by_degrees = |one: [f64; 2], other: [f64; 2]| {
        let [latitude, longitude] = [0, 1].map(|at| one[at].total_cmp(&other[at]));
        latitude.then(longitude)
    };
    rest(one)
        .cmp(&rest(other))
        .then_with(|| one.as_name.cmp(&other.as_name))
        .then_with(|| one.network.cmp(&other.network))
        .then_with(|| match (degrees(one), degrees(other)) {
            (Some(one), Some(other)) => by_degrees(one, other),
            (one, other) => one.is_some().cmp(&other.is_some()),
        })
}

/// What is done to flows before they leave: a policy for addresses, and a limit of
/// ports.
#[derive(Debug)]
pub struct Anonymization {
    policy: Policy,
    ports: PortLimit,
    rare_under: u64,
    key: Option<KeyName>,
}

impl Anonymization {
    /// A policy, with ports as they are.
    #[must_use]
    pub const fn new(policy: Policy) -> Self {
        Self {
            policy,
            ports: PortLimit::OFF,
            rare_under: 0,
            key: None,
        }
    }

    /// The same with a limit of ports (RFC 6235, 4.5: binning).
    #[must_use]
    pub fn with_ports(self, ports: PortLimit) -> Self {
        Self { ports, ..self }
    }

    /// The same of flows in which ASNs and countries with fewer addresses are not known, which
    /// is said of them; 0: all are.
    #[must_use]
    pub fn with_rare_under(self, rare_under: u64) -> Self {
        Self { rare_under, ..self }
    }

    /// The same, told which key it is with.
    #[must_use]
    pub fn with_key(self, key: KeyName) -> Self {
        Self {
            key: Some(key),
            ..self
        }
    }

    /// What names the key in metadata; `None` where there is none.
    #[must_use]
    pub const fn key(&self) -> Option<KeyName> {
        self.key
    }

    /// The name of the policy as settings and metadata carry it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.policy.name()
    }

    /// What is done to each field, in their order.
    #[must_use]
    pub fn techniques(&self) -> Vec<Technique> {
        let mut techniques = self.policy.techniques();
        if self.ports != PortLimit::OFF {
            Self::say_limit(&mut techniques);
        }
        if self.rare_under > 0 {
            self.say_rare(&mut techniques);
        }
        techniques
    }

    /// Says of ports that they are 0 from a limit on, before what else is done to them.
    fn say_limit(techniques: &mut [Technique]) {
        let is_port = |said: &&mut Technique| matches!(said.field, Field::SrcPort | Field::DstPort);
        for said in techniques.iter_mut().filter(is_port) {
            match said.method {
                Method::BlackMarker => {}
                Method::Clear => {
                    said.method = Method::Binning;
                    said.stability = Method::Binning.stability();
                    said.text = PORT_LIMIT.into();
                }
                _ => said.text = format!("{PORT_LIMIT}; {}", said.text).into(),
            }
        }
    }

    /// Says of what names few hosts that it was left out before all else.
    fn say_rare(&self, techniques: &mut [Technique]) {
        let rare = format!("{RARE}{}", self.rare_under);
        for said in techniques.iter_mut().filter(|said| names_few(said.field)) {
            match said.method {
                Method::BlackMarker => {}
                Method::Clear => {
                    said.method = Method::PrecisionDegradation;
                    said.stability = Method::PrecisionDegradation.stability();
                    said.text = rare.clone().into();
                }
                _ => said.text = format!("{rare}; {}", said.text).into(),
            }
        }
    }

    /// Anonymizes a batch: the same flows in the same order.
    #[must_use]
    pub fn anonymize(&self, flows: &[EnrichedFlow]) -> Vec<AnonymizedFlow> {
        if let Policy::Table(table) = &self.policy {
            return table.anonymize(flows, self.ports);
        }
        let mut flows = self.policy.anonymize(flows);
        if self.ports != PortLimit::OFF {
            for AnonymizedFlow(enriched, _) in &mut flows {
                enriched.flow.key = self.ports.apply_to_key(enriched.flow.key);
            }
        }
        flows
    }

    /// Anonymizes flows that were anonymized before by a further policy, as if what stands
    /// for their values were values. What had no value has none.
    #[must_use]
    pub fn again(&self, flows: Vec<AnonymizedFlow>) -> Vec<AnonymizedFlow> {
        let (flows, before): (Vec<_>, Vec<_>) = flows
            .into_iter()
            .map(|AnonymizedFlow(flow, nulls)| (flow, nulls))
            .unzip();
        let flows = self.anonymize(&flows).into_iter().zip(before);
        flows.map(|(flow, nulls)| flow.without(nulls)).collect()
    }

    /// The limit of ports.
    #[must_use]
    pub const fn ports(&self) -> PortLimit {
        self.ports
    }

    /// A network as prepared flows have it.
    #[must_use]
    pub fn told_network(&self, network: Network) -> Option<Network> {
        self.policy.network(network)
    }

    /// An address as it may be told, in a log or a counter: as prepared flows have it.
    #[must_use]
    pub fn told(&self, addr: IpAddr) -> IpAddr {
        self.policy.address(addr)
    }
}

/// Whether a field may name so few hosts that it is left out of flows before all else.
const fn names_few(field: Field) -> bool {
    matches!(
        field,
        Field::SrcAsn
            | Field::SrcAsName
            | Field::SrcCountry
            | Field::SrcLatitude
            | Field::SrcLongitude
            | Field::DstAsn
            | Field::DstAsName
            | Field::DstCountry
            | Field::DstLatitude
            | Field::DstLongitude
    )
}

/// What becomes of addresses. There is no default: leaving them alone is said by name.
#[derive(Debug)]
pub enum Policy {
    /// Every field leaves as it is (technique 1 of RFC 6235, 6.1).
    None,
    /// Addresses, their prefixes and the exporter's address by prefix-preserving
    /// permutation (technique 6); all other fields as they are.
    Standard(Box<CryptoPan>),
    /// The same fields octet by octet (technique 5), as the original system did; of network
    /// addresses all octets. It is for reproducing published work: it hides little.
    Cnsm2019(Box<OctetPermutation>),
    /// Field by field, with scopes.
    Table(Box<Table>),
}

impl Policy {
    /// The name as settings and metadata carry it.
    const fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Standard(_) => "standard",
            Self::Cnsm2019(_) => "cnsm2019",
            Self::Table(table) => table.name(),
        }
    }

    /// What is done to each field.
    fn techniques(&self) -> Vec<Technique> {
        let methods = match self {
            Self::None => Methods::none(),
            Self::Standard(_) => Methods::standard(),
            Self::Cnsm2019(_) => Methods::cnsm2019(),
            Self::Table(table) => return table.techniques(),
        };
        let description = Description {
            methods: &methods,
            parameters: None,
            scopes: &Scopes::NONE,
        };
        description.techniques()
    }

    fn network(&self, network: Network) -> Option<Network> {
        match self {
            Self::None => Some(network),
            Self::Standard(pan) => prefix_of(network, pan.anonymize(network.addr())),
            Self::Cnsm2019(octets) => octets.map_network(network),
            Self::Table(table) => table.network(network),
        }
    }

    fn address(&self, addr: IpAddr) -> IpAddr {
        match self {
            Self::None => addr,
            Self::Standard(pan) => pan.anonymize(addr),
            Self::Cnsm2019(octets) => octets.map(addr),
            Self::Table(table) => table.told(addr),
        }
    }

    fn anonymize(&self, flows: &[EnrichedFlow]) -> Vec<AnonymizedFlow> {
        match self {
            Self::None => {
                let as_it_is = |flow: &EnrichedFlow| AnonymizedFlow(flow.clone(), Nulls::NONE);
                flows.iter().map(as_it_is).collect()
            }
            Self::Standard(pan) => {
                let mut pan = Remembered::new(pan);
                let mut anonymized = Vec::with_capacity(flows.len());
                let mut addrs = Vec::with_capacity(3 * CHUNK);
                for flows in flows.chunks(CHUNK) {
                    for flow in flows {
                        addrs.extend_from_slice(&addresses(flow));
                    }
                    pan.learn(addrs.drain(..));
                    let one = |flow| mapped(flow, |addr| pan.anonymize(addr), prefix_of);
                    anonymized.extend(flows.iter().map(one));
                }
                anonymized
            }
            Self::Cnsm2019(octets) => {
                let map_network = |network, _| octets.map_network(network);
                let anonymize_one = |flow| mapped(flow, |addr| octets.map(addr), map_network);
                flows.iter().map(anonymize_one).collect()
            }
            Self::Table(table) => table.anonymize(flows, PortLimit::OFF),
        }
    }
}

/// Every address of a flow.
fn addresses(enriched: &EnrichedFlow) -> [IpAddr; 3] {
    let flow = &enriched.flow;
    [flow.key.src_addr, flow.key.dst_addr, flow.exporter.addr]
}

/// The flow with every address and every network mapped. What stands for a network may
/// depend on what stands for the address that it was found for.
fn mapped(
    enriched: &EnrichedFlow,
    mut map: impl FnMut(IpAddr) -> IpAddr,
    map_network: impl Fn(Network, IpAddr) -> Option<Network>,
) -> AnonymizedFlow {
    let flow = &enriched.flow;
    let key = FlowKey {
        src_addr: map(flow.key.src_addr),
        dst_addr: map(flow.key.dst_addr),
        ..flow.key
    };
    let exporter = Exporter {
        addr: map(flow.exporter.addr),
        ..flow.exporter
    };
    let anonymized = EnrichedFlow {
        flow: AggregatedFlow {
            key,
            exporter,
            ..*flow
        },
        src: mapped_place(&enriched.src, |network| map_network(network, key.src_addr)),
        dst: mapped_place(&enriched.dst, |network| map_network(network, key.dst_addr)),
    };
    AnonymizedFlow(anonymized, Nulls::NONE)
}

fn mapped_place(place: &Place, map: impl FnOnce(Network) -> Option<Network>) -> Place {
    Place {
        prefix: place.prefix.and_then(map),
        ..place.clone()
    }
}

/// The anonymized address's prefix of the network's length: where the permutation keeps
/// prefixes, that is what stands for the network.
fn prefix_of(network: Network, anonymized: IpAddr) -> Option<Network> {
    let prefix = Prefix::containing(anonymized, network.prefix_len());
    prefix.ok().map(Network::from)
}

#[cfg(test)]
mod epoch_laws;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
