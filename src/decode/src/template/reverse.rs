//! The reverse direction of biflow records.
//!
//! Two ways to state it are read: elements under the enterprise number of RFC 5103,
//! each the reverse of one that is known, and the elements of initiator and responder
//! (231, 232, 298, 299), which firewalls send. The source is the initiator unless
//! biflowDirection (239) says that the destination is.

use flow::{Direction, Icmp, OriginalFlow, protocol};

use super::flow::{Form, Times, low8, low16, low32};
use super::{Context, Reader, Target, Template};
use crate::Reason;
use crate::counters::Tally;

/// The elements of start and end for each form.
const FORMS: [(Form, Target, Target); 6] = [
    (
        Form::Millis,
        Target::ReverseStartMillis,
        Target::ReverseEndMillis,
    ),
    (
        Form::Micros,
        Target::ReverseStartMicros,
        Target::ReverseEndMicros,
    ),
    (
        Form::Nanos,
        Target::ReverseStartNanos,
        Target::ReverseEndNanos,
    ),
    (
        Form::Seconds,
        Target::ReverseStartSeconds,
        Target::ReverseEndSeconds,
    ),
    (
        Form::Uptime,
        Target::ReverseStartUptime,
        Target::ReverseEndUptime,
    ),
    (
        Form::Delta,
        Target::ReverseStartDelta,
        Target::ReverseEndDelta,
    ),
];

/// The biflowDirection that makes the destination the initiator (RFC 5103, 6.3).
const REVERSE_INITIATOR: u64 = 2;

/// What is known of a template whose records may count a reverse direction.
#[derive(Debug, Clone)]
pub(crate) struct Reverse {
    /// Whether the counters of the initiator are all there is of the forward direction.
    /// They then stand in the slots of its counters.
    pub(super) of_initiator: bool,
    times: Times,
}

impl Reverse {
    /// That of a template with these elements; `None` if it counts nothing.
    pub(super) fn of(has: impl Fn(Target) -> bool) -> Option<Self> {
        let any = |targets: &[Target]| targets.iter().any(|&target| has(target));
        let forward = [
            Target::Octets,
            Target::Packets,
            Target::TotalOctets,
            Target::TotalPackets,
        ];
        let of_initiator =
            any(&[Target::InitiatorOctets, Target::InitiatorPackets]) && !any(&forward);
        let counts = [
            Target::ReverseOctets,
            Target::ReversePackets,
            Target::ResponderOctets,
            Target::ResponderPackets,
        ];
        (of_initiator || any(&counts)).then(|| Self {
            of_initiator,
            times: Times::of(&FORMS, &has),
        })
    }
}

impl Template {
    /// The flows of a record whose forward direction is read: a pair if it counts
    /// packets or octets in both, and else the one that it counts.
    pub(crate) fn directions<R: Reader>(
        &self,
        record: &R,
        context: &Context,
        mut forward: OriginalFlow,
        tally: &mut Tally,
    ) -> (OriginalFlow, Option<OriginalFlow>) {
        let reverse = self.reverse.as_ref();
        if reverse.is_some_and(|reverse| reverse.of_initiator) {
            [forward.packets, _] = self.session_counters(record, PACKETS);
            [forward.bytes, _] = self.session_counters(record, OCTETS);
            note_payload(forward.bytes, tally);
        }
        let opposite = reverse.and_then(|reverse| {
            let reverse = self.opposite(reverse, record, context, &forward, tally)?;
            Some((reverse, record.number(Target::BiflowDirection)))
        });
        let (one, other) = (Direction::Forward, Direction::Reverse);
        let (one, other, reverse) = match opposite {
            None => return (forward, None),
            Some((reverse, _)) if forward.packets == 0 && forward.bytes == 0 => {
                return (reverse, None);
            }
            Some((reverse, REVERSE_INITIATOR)) => (other, one, reverse),
            Some((reverse, _)) => (one, other, reverse),
        };
        let directed = |flow, direction| OriginalFlow { direction, ..flow };
        (directed(forward, one), Some(directed(reverse, other)))
    }

    /// The reverse direction of a record whose forward direction is read; `None` if it
    /// counts no packet and no octet.
    fn opposite<R: Reader>(
        &self,
        reverse: &Reverse,
        record: &R,
        context: &Context,
        forward: &OriginalFlow,
        tally: &mut Tally,
    ) -> Option<OriginalFlow> {
        let (packets, bytes) = self.reverse_counters(record, tally);
        if packets == 0 && bytes == 0 {
            return None;
        }
        let (start_ms, end_ms) = self.reverse_times(reverse, record, context, forward, tally);
        let end_seen_ms = if end_ms == forward.end_ms {
            forward.end_seen_ms
        } else {
            context.clock.end_seen(end_ms, tally)
        };
        let told = |target| self.optional(record, target);
        Some(OriginalFlow {
            key: forward.key.reversed(),
            start_ms,
            end_ms,
            end_seen_ms,
            packets,
            bytes,
            in_if: forward.out_if,
            out_if: forward.in_if,
            tcp_flags: told(Target::ReverseTcpFlags)
                .filter(|_| forward.key.protocol == protocol::TCP)
                .map(low16),
            tos: told(Target::ReverseTos).map(low8),
            icmp: forward
                .icmp
                .and_then(|icmp| self.reverse_icmp(record, forward.key.protocol, icmp)),
            ..*forward
        })
    }

    /// Packets and octets of the reverse direction.
    fn reverse_counters<R: Reader>(&self, record: &R, tally: &mut Tally) -> (u64, u64) {
        let packets = if self.has(Target::ReversePackets) {
            record.number(Target::ReversePackets)
        } else {
            let [_, responder] = self.session_counters(record, PACKETS);
            responder
        };
        let bytes = if self.has(Target::ReverseOctets) {
            record.number(Target::ReverseOctets)
        } else {
            let [_, responder] = self.session_counters(record, OCTETS);
            note_payload(responder, tally);
            responder
        };
        (packets, bytes)
    }

    /// The counters of initiator and responder, those of the source first.
    fn session_counters<R: Reader>(&self, record: &R, of: [Target; 2]) -> [u64; 2] {
        let [initiator, responder] = of.map(|target| record.number(target));
        if record.number(Target::BiflowDirection) == REVERSE_INITIATOR {
            [responder, initiator]
        } else {
            [initiator, responder]
        }
    }

    /// The times of the reverse direction: its own, or else those of the forward one.
    fn reverse_times<R: Reader>(
        &self,
        reverse: &Reverse,
        record: &R,
        context: &Context,
        forward: &OriginalFlow,
        tally: &mut Tally,
    ) -> (i64, i64) {
        let (start, end) = reverse.times.stated(record, context, tally);
        let after = i64::from(low32(record.number(Target::ReverseStartOffset)));
        let end = end.unwrap_or(forward.end_ms);
        let start = start.unwrap_or_else(|| forward.start_ms.saturating_add(after).min(end));
        if start <= end {
            return (start, end);
        }
        tally.one(Reason::EndBeforeStart);
        let time = context.clock.nearer(start, end);
        (time, time)
    }

    /// Type and code of the reverse direction: its own, or the answer to a query.
    fn reverse_icmp<R: Reader>(&self, record: &R, number: u8, forward: Icmp) -> Option<Icmp> {
        let v4 = (
            Target::ReverseIcmpV4,
            Target::ReverseIcmpV4Type,
            Target::ReverseIcmpV4Code,
        );
        let v6 = (
            Target::ReverseIcmpV6,
            Target::ReverseIcmpV6Type,
            Target::ReverseIcmpV6Code,
        );
        let families = if number == protocol::ICMPV6 {
            [v6, v4]
        } else {
            [v4, v6]
        };
        self.stated_icmp(record, families, None)
            .or_else(|| counterpart(number, forward.kind).map(|kind| Icmp { kind, code: 0 }))
    }
}

const PACKETS: [Target; 2] = [Target::InitiatorPackets, Target::ResponderPackets];
const OCTETS: [Target; 2] = [Target::InitiatorOctets, Target::ResponderOctets];

/// Initiator and responder octets are those of the transport's payload (RFC 7012's
/// registry, 231 and 232).
fn note_payload(octets: u64, tally: &mut Tally) {
    if octets != 0 {
        tally.one(Reason::OctetsOfPayload);
    }
}

/// The type that answers a query, or is answered by it (RFC 792; RFC 4443, 4).
const fn counterpart(number: u8, kind: u8) -> Option<u8> {
    Some(match (number, kind) {
        (protocol::ICMP, 0) => 8,
        (protocol::ICMP, 8) => 0,
        (protocol::ICMP, 13) => 14,
        (protocol::ICMP, 14) => 13,
        (protocol::ICMPV6, 128) => 129,
        (protocol::ICMPV6, 129) => 128,
        _ => return None,
    })
}
