//! Flows that an attacker makes up, and whether he recognizes them in a dataset.

use std::net::{IpAddr, Ipv4Addr};

use flow::{AggregatedFlow, EndReason, EnrichedFlow, Exporter, Field, FlowKey, Place, protocol};

use super::random::Random;
use crate::anonymize::{Anonymization, AnonymizedFlow, Methods};
use crate::privacy::declaration::{Declaration, is_repeatable};
use crate::privacy::groups::Groups;
use crate::privacy::hash::{Hash, Set};
use crate::privacy::row::{MARKS, Property, Row};

/// Flows that are made up at a time.
const BATCH: usize = 512;
/// How often an attacker tries other marks if he used the same ones before.
const TRIES: u64 = 8;

/// By what flows can be recognized under a row of policies.
///
/// It is what a policy changes in a way that anybody can do again: not at all, by digits,
/// or by bins. What is changed with the key, or by noise, is left aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Marks {
    pub(crate) used: Vec<Property>,
    pub(crate) aside: Vec<Property>,
    has_port_limit: bool,
}

impl Marks {
    /// Of a declaration, and of what is done after that.
    pub(crate) fn of(declared: &Declaration, further: Option<&Methods>) -> Self {
        let first = declared.methods();
        let (used, aside) = MARKS.into_iter().partition(|property| {
            let field = property.field();
            is_repeatable(&first, field)
                && further.is_none_or(|methods| is_repeatable(methods, field))
        });
        let said = declared.said(Field::DstPort);
        Self {
            used,
            aside,
            has_port_limit: said.is_some_and(|said| said.has_port_limit),
        }
    }

    /// The marks of a flow as one number; `declared` is the place of its declaration.
    pub(crate) fn number(&self, hash: Hash, declared: usize, row: &Row) -> u64 {
        hash.words([declared as u64, row.together(&self.used)])
    }
}

/// What an attacker knows of a dataset before he sends flows into it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sender<'a> {
    pub(crate) hash: Hash,
    pub(crate) marks: &'a Marks,
    /// The place of the declaration.
    pub(crate) declared: usize,
    /// What is done to flows, one after the other.
    pub(crate) policies: [Option<&'a Anonymization>; 2],
    /// Between which times flows of the dataset begin, Unix milliseconds.
    pub(crate) window: (i64, i64),
}

impl Sender<'_> {
    /// Sends so many flows, and says which he recognizes: those whose marks no flow of the
    /// dataset has, and no other of his own.
    pub(crate) fn recognized(
        &self,
        random: &mut Random,
        dataset: &Groups,
        many: usize,
    ) -> Vec<bool> {
        let mut drawn = Vec::new();
        let mut used = Set::default();
        let tries = TRIES.saturating_mul(dataset.one_in());
        let mut one = || {
            for _ in 0..tries {
                if drawn.is_empty() {
                    drawn = self.draw(random, many.min(BATCH));
                }
                let mark = drawn.pop()?;
                // Of marks that are not counted nobody knows; any that are will do.
                let Some(others) = dataset.count(mark) else {
                    continue;
                };
                if used.insert(mark) {
                    return Some(others == 0);
                }
            }
            None
        };
        (0..many).map(|_| one().unwrap_or(false)).collect()
    }

    /// The marks of flows that were made up, as they leave.
    fn draw(&self, random: &mut Random, many: usize) -> Vec<u64> {
        let flows: Vec<EnrichedFlow> = (0..many).map(|_| self.flow(random)).collect();
        let number = |flow: AnonymizedFlow| {
            let row = Row::of(self.hash, &flow);
            self.marks.number(self.hash, self.declared, &row)
        };
        leave(&self.policies, &flows)
            .into_iter()
            .map(number)
            .collect()
    }

    /// A flow of UDP, as anybody can send: any ports, 1 to 4,096 packets of any size.
    fn flow(&self, random: &mut Random) -> EnrichedFlow {
        let (first, last) = self.window;
        let span = last.saturating_sub(first).max(0).unsigned_abs();
        let after = random.below(span.saturating_add(1));
        let start_ms = first.saturating_add_unsigned(after);
        let packets = 1_u64 << random.below(12);
        let packets = packets + random.below(packets + 1);
        let port = |random: &mut Random| {
            let ports = if self.marks.has_port_limit {
                1_024
            } else {
                65_536
            };
            u16::try_from(random.below(ports - 1) + 1).unwrap_or(u16::MAX)
        };
        let key = FlowKey {
            src_addr: NOBODY,
            dst_addr: NOBODY,
            src_port: port(random),
            dst_port: port(random),
            protocol: protocol::UDP,
        };
        let bytes = packets * (40 + random.below(1_461));
        let end_ms = start_ms.saturating_add_unsigned(random.below(1_000));
        made_up(key, (start_ms, end_ms), packets, bytes)
    }
}

const NOBODY: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// What stands for addresses as `field` has them, one for each; `None` if none leaves.
pub(crate) fn images(
    policy: &Anonymization,
    field: Field,
    addrs: &[IpAddr],
) -> Vec<Option<IpAddr>> {
    let flows = addrs.iter().map(|&addr| {
        let key = FlowKey {
            src_addr: addr,
            dst_addr: addr,
            src_port: 0,
            dst_port: 0,
            protocol: protocol::UDP,
        };
        made_up(key, (0, 0), 1, 40)
    });
    let flows: Vec<EnrichedFlow> = flows.collect();
    let civil = flow::Civil::from_millis(0);
    let flows = policy.anonymize(&flows);
    let image = flows.iter().map(|flow| match flow.value(field, &civil) {
        flow::Value::Addr(image) => Some(image),
        _ => None,
    });
    image.collect()
}

/// Flows as they leave under one policy after the other.
fn leave(policies: &[Option<&Anonymization>; 2], flows: &[EnrichedFlow]) -> Vec<AnonymizedFlow> {
    let mut policies = policies.iter().flatten();
    let Some(first) = policies.next() else {
        return Vec::new();
    };
    let left = first.anonymize(flows);
    policies.fold(left, |flows, policy| policy.again(flows))
}

/// A flow of UDP without anything else.
#[cfg(test)]
pub(crate) fn made_up_for_tests() -> EnrichedFlow {
    let key = FlowKey {
        src_addr: NOBODY,
        dst_addr: NOBODY,
        src_port: 0,
        dst_port: 0,
        protocol: protocol::UDP,
    };
    made_up(key, (0, 0), 1, 40)
}

fn made_up(key: FlowKey, times: (i64, i64), packets: u64, bytes: u64) -> EnrichedFlow {
    let (start_ms, end_ms) = times;
    EnrichedFlow {
        flow: AggregatedFlow {
            key,
            exporter: Exporter {
                addr: NOBODY,
                domain: 0,
            },
            start_ms,
            end_ms,
            active_ms: end_ms.saturating_sub(start_ms).max(0).unsigned_abs(),
            packets,
            bytes,
            reverse: None,
            sampling_rate: None,
            records: 1,
            in_if: None,
            out_if: None,
            vlan: None,
            tcp_flags: None,
            tos: None,
            icmp: None,
            end_reason: EndReason::Idle,
            complete: None,
            block_place: None,
        },
        src: Place::default(),
        dst: Place::default(),
    }
}
