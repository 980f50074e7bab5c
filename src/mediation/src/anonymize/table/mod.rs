//! A policy field by field: which method each field has, and which addresses are let alone.
//!
//! | file | what it knows |
//! |---|---|
//! | `methods` | which field has which method, and the presets |
//! | `parameters` | how much the methods take away |
//! | `scopes` | which addresses leave as they are |
//! | `end` | what becomes of one end of a flow |
//! | `keeping` | the permutations that keep prefixes, and what they remember |
//! | `make` | what is made of the rules and a key |
//! | `describe` | what metadata say of it |
//! | `said` | the same, read back |
//!
//! A field that does not leave has no value in the flow any more either: what is in its place
//! stands for nothing, so that neither an order nor a sum depends on what was there.

mod describe;
mod end;
mod keeping;
mod make;
mod methods;
mod parameters;
mod said;
mod scopes;

use std::net::{IpAddr, Ipv4Addr};

use flow::{
    AggregatedFlow, EndReason, EnrichedFlow, Exporter, Field, FlowKey, Icmp, Method, Network,
    Reverse,
};

pub(super) use describe::Description;
pub use describe::Technique;
use end::End;
use keeping::{Keeping, Remembering};
use make::Make;
pub use methods::{Methods, Unsuitable};
pub use parameters::Parameters;
pub(super) use said::{PORT_LIMIT, RARE};
pub use said::{Said, SaidMeasures};
pub use scopes::{Scopes, SpecialUse};

use super::method::{AddressMethod, CounterMethod, FlowTag, Purpose, Random, TimeMethod};
use super::remembered::CHUNK;
use super::{AnonymizedFlow, Key, Nulls};
use crate::select::PortLimit;

/// The address where there is none.
const NOBODY: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// Why a policy cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// A method asks for a key.
    #[error("{} has the method {:?}, which needs a key; there is none", field.name(), method.name())]
    NoKey {
        /// The first such field.
        field: Field,
        /// Its method.
        method: Method,
    },
    /// One of both times is numbered, and the other leaves as a time.
    #[error(
        "start_ms and end_ms are numbered (\"enumeration\") both, or one of them does not leave"
    )]
    HalfNumbered,
}

/// A policy field by field before it has a key; its methods fit together.
#[derive(Debug, Clone)]
pub struct Rules {
    name: &'static str,
    methods: Methods,
    parameters: Parameters,
    scopes: Scopes,
}

impl Rules {
    /// The rules of some methods. `name` is that in metadata: of a preset, or `custom`.
    ///
    /// # Errors
    /// [`TableError::HalfNumbered`] if the methods do not fit together.
    pub fn new(
        name: &'static str,
        methods: Methods,
        parameters: Parameters,
        scopes: Scopes,
    ) -> Result<Self, TableError> {
        let times = [Field::StartMs, Field::EndMs].map(|field| methods.method(field));
        let has = |method| times.contains(&method);
        if has(Method::Enumeration) && !has(Method::BlackMarker) && times[0] != times[1] {
            return Err(TableError::HalfNumbered);
        }
        Ok(Self {
            name,
            methods,
            parameters,
            scopes,
        })
    }

    /// Whether a method has to have a secret key.
    #[must_use]
    pub fn need_key(&self) -> bool {
        self.methods.need_key()
    }

    /// The policy under a key.
    #[must_use]
    pub fn with_key(&self, key: &Key) -> Table {
        Table::of(self, Some(key))
    }

    /// The policy without one.
    ///
    /// # Errors
    /// [`TableError::NoKey`] if a method asks for a key.
    pub fn without_key(&self) -> Result<Table, TableError> {
        match self.methods.first_with_key() {
            Some((field, method)) => Err(TableError::NoKey { field, method }),
            None => Ok(Table::of(self, None)),
        }
    }
}

/// A policy with everything that it needs.
#[derive(Debug)]
pub struct Table {
    rules: Rules,
    keeping: Keeping,
    noise: Option<Random>,
    src: End,
    dst: End,
    exporter: Option<AddressMethod>,
    start: Option<TimeMethod>,
    end: Option<TimeMethod>,
    /// Which fields leave, by their number.
    leaves: [bool; Field::COUNT],
    /// What does not leave of any flow.
    nulls: Nulls,
}

impl Table {
    /// The policy of some methods. `name` is that in metadata: of a preset, or `custom`.
    ///
    /// # Errors
    /// [`TableError`] if the methods ask for a key and there is none, or do not fit together.
    pub fn new(
        name: &'static str,
        methods: Methods,
        parameters: Parameters,
        scopes: Scopes,
        key: Option<&Key>,
    ) -> Result<Self, TableError> {
        let rules = Rules::new(name, methods, parameters, scopes)?;
        key.map_or_else(|| rules.without_key(), |key| Ok(rules.with_key(key)))
    }

    /// There is a key if a method asks for one.
    fn of(rules: &Rules, key: Option<&Key>) -> Self {
        let Rules {
            methods,
            parameters,
            ..
        } = rules;
        let make = Make {
            methods,
            parameters,
            key,
        };
        Self {
            keeping: make.keeping(),
            noise: make.shared(
                |method| method == Method::Noise,
                |key| Random::new(key, Purpose::Noise),
            ),
            src: make.end(&end::SRC),
            dst: make.end(&end::DST),
            exporter: make.address(Field::Exporter),
            start: make.time(Field::StartMs),
            end: make.time(Field::EndMs),
            leaves: Field::ALL.map(|field| methods.leaves(field)),
            nulls: Nulls::where_so(|field| !methods.leaves(field)),
            rules: rules.clone(),
        }
    }

    /// The name in metadata.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.rules.name
    }

    /// What is done to each field.
    pub(super) fn techniques(&self) -> Vec<Technique> {
        let description = Description {
            methods: &self.rules.methods,
            parameters: Some(&self.rules.parameters),
            scopes: &self.rules.scopes,
        };
        description.techniques()
    }

    /// A network that was found for no address in particular, as prepared flows have it.
    pub(super) fn network(&self, network: Network) -> Option<Network> {
        let method = self.src.addr.as_ref()?;
        let told = method.address(network.addr(), &mut &self.keeping);
        method.network(network, told)
    }

    /// An exporter's address as logs may tell it: as flows have it. Where they have none,
    /// permuted, so that logs tell exporters apart; without a key, nobody.
    pub(super) fn told(&self, addr: IpAddr) -> IpAddr {
        match &self.exporter {
            Some(method) => method.address(addr, &mut &self.keeping),
            None => self.keeping.any(addr),
        }
    }

    /// Anonymizes a batch. Ports from a limit on are 0 before anything else.
    pub(super) fn anonymize(
        &self,
        flows: &[EnrichedFlow],
        ports: PortLimit,
    ) -> Vec<AnonymizedFlow> {
        let mut images = self.keeping.remembering();
        let mut anonymized = Vec::with_capacity(flows.len());
        for flows in flows.chunks(CHUNK) {
            for flow in flows {
                self.want(flow, &mut images);
            }
            images.learn();
            let one = |flow| self.one(flow, ports, &mut images);
            anonymized.extend(flows.iter().map(one));
        }
        anonymized
    }

    /// Notes the addresses of a flow that a permutation will be asked for.
    fn want(&self, enriched: &EnrichedFlow, images: &mut Remembering<'_>) {
        let flow = &enriched.flow;
        let ends = [
            (&self.src, flow.key.src_addr),
            (&self.dst, flow.key.dst_addr),
        ];
        for (end, addr) in ends {
            if let Some(method) = &end.addr
                && !self.rules.scopes.leave_clear(addr)
            {
                images.want(method, addr);
            }
        }
        if let Some(method) = &self.exporter {
            images.want(method, flow.exporter.addr);
        }
    }

    #[inline]
    fn one(
        &self,
        enriched: &EnrichedFlow,
        ports: PortLimit,
        images: &mut Remembering<'_>,
    ) -> AnonymizedFlow {
        let EnrichedFlow { flow, src, dst } = enriched;
        let FlowKey {
            src_addr, dst_addr, ..
        } = flow.key;
        let told_src = self.src.told(src_addr, src, &self.rules.scopes, images);
        let told_dst = self.dst.told(dst_addr, dst, &self.rules.scopes, images);
        let exporter = self.exporter.as_ref();
        let exporter = exporter.map(|method| method.address(flow.exporter.addr, images));
        let mut nulls = self.nulls;
        // An address in a scope leaves even where others do not.
        for (told, field) in [(&told_src, Field::SrcAddr), (&told_dst, Field::DstAddr)] {
            if told.addr.is_some() {
                nulls = nulls.without(field);
            }
        }
        let key = FlowKey {
            src_addr: told_src.addr.unwrap_or(NOBODY),
            dst_addr: told_dst.addr.unwrap_or(NOBODY),
            src_port: self.src.port(ports.apply(flow.key.src_port)),
            dst_port: self.dst.port(ports.apply(flow.key.dst_port)),
            protocol: self.kept(Field::Protocol, flow.key.protocol).unwrap_or(0),
        };
        let exporter = Exporter {
            addr: exporter.unwrap_or(NOBODY),
            domain: self
                .kept(Field::ObservationDomain, flow.exporter.domain)
                .unwrap_or(0),
        };
        let enriched = EnrichedFlow {
            flow: self.flow(flow, key, exporter),
            src: told_src.place,
            dst: told_dst.place,
        };
        AnonymizedFlow(enriched, nulls)
    }

    /// Everything but the ends and the exporter.
    #[inline]
    fn flow(&self, flow: &AggregatedFlow, key: FlowKey, exporter: Exporter) -> AggregatedFlow {
        let start_ms = time(self.start.as_ref(), flow.start_ms, flow.start_ms);
        let end_ms = time(self.end.as_ref(), flow.end_ms, flow.start_ms);
        let count = |field, count| self.count(flow, field, count);
        let records = count(Field::Records, flow.records.into()).unwrap_or(0);
        let icmp = |icmp: Icmp| self.kept(Field::IcmpType, icmp);
        AggregatedFlow {
            key,
            exporter,
            start_ms: start_ms.unwrap_or(0),
            // Where times are cut to different units, the end would come first.
            end_ms: end_ms.map_or(0, |end_ms| {
                start_ms.map_or(end_ms, |start| end_ms.max(start))
            }),
            active_ms: self.active(flow.active_ms).unwrap_or(0),
            packets: count(Field::Packets, flow.packets).unwrap_or(0),
            bytes: count(Field::Bytes, flow.bytes).unwrap_or(0),
            reverse: flow.reverse.and_then(|reverse| {
                Some(Reverse {
                    packets: count(Field::ReversePackets, reverse.packets)?,
                    bytes: count(Field::ReverseBytes, reverse.bytes)?,
                })
            }),
            sampling_rate: flow
                .sampling_rate
                .and_then(|r| self.kept(Field::SamplingRate, r)),
            records: u32::try_from(records).unwrap_or(u32::MAX),
            in_if: flow.in_if.and_then(|index| self.kept(Field::InIf, index)),
            out_if: flow.out_if.and_then(|index| self.kept(Field::OutIf, index)),
            vlan: flow.vlan.and_then(|vlan| self.kept(Field::VlanId, vlan)),
            tcp_flags: flow
                .tcp_flags
                .and_then(|flags| self.kept(Field::TcpFlags, flags)),
            tos: flow.tos.and_then(|tos| self.kept(Field::Tos, tos)),
            icmp: flow.icmp.and_then(icmp),
            end_reason: self
                .kept(Field::EndReason, flow.end_reason)
                .unwrap_or(EndReason::Idle),
            complete: flow.complete.and_then(|is| self.kept(Field::Complete, is)),
            block_place: flow.block_place,
        }
    }

    /// Whether a field leaves, of flows in general.
    fn leaves(&self, field: Field) -> bool {
        self.leaves
            .get(field as usize)
            .is_some_and(|leaves| *leaves)
    }

    /// A value if its field leaves.
    fn kept<T>(&self, field: Field, value: T) -> Option<T> {
        self.leaves(field).then_some(value)
    }

    fn active(&self, active_ms: u64) -> Option<u64> {
        match self.rules.methods.method(Field::ActiveMs) {
            Method::PrecisionDegradation => {
                Some(self.rules.parameters.time_unit.floor_length(active_ms))
            }
            _ => self.kept(Field::ActiveMs, active_ms),
        }
    }

    /// A counter as it leaves, if it does.
    fn count(&self, flow: &AggregatedFlow, field: Field, count: u64) -> Option<u64> {
        let method = match self.rules.methods.method(field) {
            Method::PrecisionDegradation => {
                CounterMethod::PrecisionDegradation(self.rules.parameters.digits)
            }
            Method::Binning => CounterMethod::Binning,
            Method::Noise => CounterMethod::Noise(self.rules.parameters.noise),
            _ => CounterMethod::Clear,
        };
        let random = || {
            let noise = self.noise.as_ref();
            noise.map_or(0, |noise| FlowTag::of(flow).random(noise, field))
        };
        self.kept(field, count)
            .map(|count| method.count(count, random))
    }
}

fn time(method: Option<&TimeMethod>, time_ms: i64, start_ms: i64) -> Option<i64> {
    method.map(|method| method.time(time_ms, start_ms))
}

#[cfg(test)]
pub(super) mod tests;
