//! From one Data Record to an Original Flow.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use flow::{Direction, EndReason, Exporter, FlowKey, Icmp, Observed, OriginalFlow, Vlan, protocol};

use super::compile::Addresses;
use super::{Reader, Target, Template};
use crate::Reason;
use crate::clock::{ExportClock, stated_ms};
use crate::counters::Tally;

/// What a record's flow needs to know of its message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context {
    pub(crate) exporter: Exporter,
    pub(crate) clock: ExportClock,
}

/// How an element states a time; in the order in which one is preferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Millis,
    Micros,
    Nanos,
    Seconds,
    Uptime,
    Delta,
}

/// The elements of start and end for each form.
pub(super) const FORMS: [(Form, Target, Target); 6] = [
    (Form::Millis, Target::StartMillis, Target::EndMillis),
    (Form::Micros, Target::StartMicros, Target::EndMicros),
    (Form::Nanos, Target::StartNanos, Target::EndNanos),
    (Form::Seconds, Target::StartSeconds, Target::EndSeconds),
    (Form::Uptime, Target::StartUptime, Target::EndUptime),
    (Form::Delta, Target::StartDelta, Target::EndDelta),
];

/// The elements that state a VLAN, in the order in which one is preferred: that of the
/// side where packets came in, which is what the tag of the frame says (dot1qVlanId, IE
/// 243) or the interface is in (vlanId, 58), and else that of where they left (254, 59).
pub(super) const VLANS: [Target; 4] = [
    Target::Dot1qVlan,
    Target::Vlan,
    Target::PostDot1qVlan,
    Target::PostVlan,
];

/// The elements that state one of the two times of a template's records: the preferred
/// one, which mostly is the only one, and the others.
#[derive(Debug, Clone, Default)]
struct Side {
    first: Option<(Form, Target)>,
    others: Box<[(Form, Target)]>,
}

/// The elements that state the two times of a template's records.
#[derive(Debug, Clone)]
pub(crate) struct Times {
    start: Side,
    end: Side,
}

impl Times {
    pub(super) fn of(all: &[(Form, Target, Target)], has: impl Fn(Target) -> bool) -> Self {
        let present = |side: fn(&(Form, Target, Target)) -> Target| {
            let forms = all.iter().map(|form| (form.0, side(form)));
            let mut forms = forms.filter(|&(_, target)| has(target));
            Side {
                first: forms.next(),
                others: forms.collect(),
            }
        };
        Self {
            start: present(|form| form.1),
            end: present(|form| form.2),
        }
    }

    /// Start and end as a record states them.
    #[inline(always)]
    pub(super) fn stated<R: Reader>(
        &self,
        record: &R,
        context: &Context,
        tally: &mut Tally,
    ) -> (Option<i64>, Option<i64>) {
        (
            first_stated(&self.start, record, context, tally),
            first_stated(&self.end, record, context, tally),
        )
    }
}

impl Template {
    /// The flow of a record, or why it is none. The sampling rate is left open.
    #[inline(always)]
    pub(crate) fn flow<R: Reader>(
        &self,
        record: &R,
        context: &Context,
        tally: &mut Tally,
    ) -> Result<OriginalFlow, Reason> {
        let (src_addr, dst_addr) = self.addresses(record).ok_or(Reason::NoKey)?;
        let (packets, bytes) = self.counters(record);
        if packets == 0 && bytes == 0 && src_addr.is_unspecified() && is_zero(record) {
            return Err(Reason::ZeroRecord);
        }
        let (start_ms, end_ms) = self.times(record, context, tally);
        let mut key = FlowKey {
            src_addr,
            dst_addr,
            src_port: low16(record.number(Target::SrcPort)),
            dst_port: low16(record.number(Target::DstPort)),
            protocol: low8(record.number(Target::Protocol)),
        };
        let icmp = if matches!(key.protocol, protocol::ICMP | protocol::ICMPV6) {
            self.icmp(record, &mut key)
        } else {
            if key.src_port | key.dst_port == 0 {
                self.named_ports(record, &mut key);
            }
            None
        };
        Ok(OriginalFlow {
            key,
            exporter: context.exporter,
            start_ms,
            end_ms,
            end_seen_ms: context.clock.end_seen(end_ms, tally),
            packets,
            bytes,
            sampling_rate: None,
            in_if: self.optional(record, Target::InIf).map(low32),
            out_if: self.optional(record, Target::OutIf).map(low32),
            tcp_flags: self
                .optional(record, Target::TcpFlags)
                .filter(|_| key.protocol == protocol::TCP)
                .map(low16),
            tos: self.optional(record, Target::Tos).map(low8),
            icmp,
            end_reason: EndReason::from_number(low8(record.number(Target::EndReason))),
            direction: Direction::Uniflow,
            observed: self.observed(record),
            vlan: if self.vlan {
                self.stated_vlan(record)
            } else {
                None
            },
        })
    }

    /// Where a record says that its packets were seen.
    fn observed<R: Reader>(&self, record: &R) -> Option<Observed> {
        match self.optional(record, Target::FlowDirection)? {
            0 => Some(Observed::Ingress),
            1 => Some(Observed::Egress),
            _ => None,
        }
    }

    /// The VLAN that a record states, of the first element that names one.
    fn stated_vlan<R: Reader>(&self, record: &R) -> Option<Vlan> {
        let stated = VLANS.into_iter();
        let mut stated = stated.filter_map(|target| self.optional(record, target));
        stated.find_map(|id| Vlan::new(low16(id)))
    }

    /// Whether records state a time.
    pub(crate) fn has_times(&self) -> bool {
        self.times.start.first.is_some() || self.times.end.first.is_some()
    }

    /// Puts what a record says into the flow of a record within it.
    pub(crate) fn complete<R: Reader>(
        &self,
        record: &R,
        context: &Context,
        flow: &mut OriginalFlow,
        tally: &mut Tally,
    ) {
        if self.has_times() {
            (flow.start_ms, flow.end_ms) = self.times(record, context, tally);
            flow.end_seen_ms = context.clock.end_seen(flow.end_ms, tally);
        }
        let (packets, bytes) = self.counters(record);
        if self.has(Target::Packets) || self.has(Target::TotalPackets) {
            flow.packets = packets;
        }
        if self.has(Target::Octets) || self.has(Target::TotalOctets) {
            flow.bytes = bytes;
        }
        let told = |target| self.optional(record, target);
        flow.in_if = told(Target::InIf).map(low32).or(flow.in_if);
        flow.out_if = told(Target::OutIf).map(low32).or(flow.out_if);
        flow.tos = told(Target::Tos).map(low8).or(flow.tos);
        flow.vlan = self.stated_vlan(record).or(flow.vlan);
        let reason = EndReason::from_number(low8(record.number(Target::EndReason)));
        flow.end_reason = reason.or(flow.end_reason);
    }

    /// The value of an element that the template has.
    #[inline]
    pub(super) fn optional<R: Reader>(&self, record: &R, target: Target) -> Option<u64> {
        self.has(target).then(|| record.number(target))
    }

    /// Source and destination. With both families in one template, the pair that is
    /// filled in.
    #[inline(always)]
    fn addresses<R: Reader>(&self, record: &R) -> Option<(IpAddr, IpAddr)> {
        match self.addresses {
            Addresses::None => None,
            Addresses::V4 => Some(v4_pair(record)),
            Addresses::V6 => Some(v6_pair(record)),
            Addresses::Both => {
                let (src, dst) = v4_pair(record);
                let filled = !(src.is_unspecified() && dst.is_unspecified());
                Some(if filled { (src, dst) } else { v6_or_v4(record) })
            }
        }
    }

    /// Packets and octets: those of the record, and failing these the totals.
    #[inline]
    fn counters<R: Reader>(&self, record: &R) -> (u64, u64) {
        let either = |delta, total| {
            if self.has(delta) {
                record.number(delta)
            } else {
                record.number(total)
            }
        };
        (
            either(Target::Packets, Target::TotalPackets),
            either(Target::Octets, Target::TotalOctets),
        )
    }

    /// Ports of the elements that name their protocol, which they also imply.
    #[cold]
    fn named_ports<R: Reader>(&self, record: &R, key: &mut FlowKey) {
        for (number, src, dst) in [
            (protocol::UDP, Target::UdpSrcPort, Target::UdpDstPort),
            (protocol::TCP, Target::TcpSrcPort, Target::TcpDstPort),
        ] {
            let ports = (low16(record.number(src)), low16(record.number(dst)));
            let fits = key.protocol == number || !self.has(Target::Protocol);
            if fits && ports != (0, 0) {
                (key.src_port, key.dst_port) = ports;
                key.protocol = number;
                return;
            }
        }
    }

    /// Type and code, from the elements for them or from the destination port, which
    /// is no port then.
    #[cold]
    fn icmp<R: Reader>(&self, record: &R, key: &mut FlowKey) -> Option<Icmp> {
        let v4 = (Target::IcmpV4, Target::IcmpV4Type, Target::IcmpV4Code);
        let v6 = (Target::IcmpV6, Target::IcmpV6Type, Target::IcmpV6Code);
        let families = if key.protocol == protocol::ICMPV6 {
            [v6, v4]
        } else {
            [v4, v6]
        };
        let port = (key.dst_port != 0 || self.has(Target::DstPort)).then_some(key.dst_port);
        (key.src_port, key.dst_port) = (0, 0);
        self.stated_icmp(record, families, port)
    }

    /// Type and code from elements that give both, or each, and from what else gives
    /// them; the first that is filled in.
    pub(super) fn stated_icmp<R: Reader>(
        &self,
        record: &R,
        families: [(Target, Target, Target); 2],
        port: Option<u16>,
    ) -> Option<Icmp> {
        let stated = families.into_iter().flat_map(|(both, kind, code)| {
            let both = self.optional(record, both).map(low16);
            let kind = self.optional(record, kind).map(low8);
            let code = low8(record.number(code));
            [both, kind.map(|kind| u16::from_be_bytes([kind, code]))]
        });
        let mut known = stated.chain([port]).flatten().peekable();
        let first = known.peek().copied()?;
        let [kind, code] = known.find(|&icmp| icmp != 0).unwrap_or(first).to_be_bytes();
        Some(Icmp { kind, code })
    }

    #[inline(always)]
    fn times<R: Reader>(&self, record: &R, context: &Context, tally: &mut Tally) -> (i64, i64) {
        match self.times.stated(record, context, tally) {
            (Some(start), Some(end)) if start <= end => (start, end),
            (start, end) => self.odd_times(start, end, record, context, tally),
        }
    }

    /// The times of a record that lacks one, or whose times contradict each other.
    #[cold]
    fn odd_times<R: Reader>(
        &self,
        start: Option<i64>,
        end: Option<i64>,
        record: &R,
        context: &Context,
        tally: &mut Tally,
    ) -> (i64, i64) {
        let clock = &context.clock;
        match (start, end) {
            (Some(start), Some(end)) => {
                tally.one(Reason::EndBeforeStart);
                let time = clock.nearer(start, end);
                (time, time)
            }
            (Some(time), None) | (None, Some(time)) => (time, time),
            (None, None) if self.has(Target::StartUptime) || self.has(Target::EndUptime) => {
                tally.one(Reason::TimeUnanchored);
                let stated = |target| self.optional(record, target).map(low32);
                let both = stated(Target::StartUptime).zip(stated(Target::EndUptime));
                let duration = both.map_or(0, |(start, end)| end.wrapping_sub(start));
                let duration = duration.cast_signed().max(0);
                (clock.export_ms - i64::from(duration), clock.export_ms)
            }
            (None, None) => {
                tally.one(Reason::TimeMissing);
                (clock.export_ms, clock.export_ms)
            }
        }
    }
}

/// The first time of a side that is filled in. An uptime or a difference may be 0.
#[inline(always)]
fn first_stated<R: Reader>(
    side: &Side,
    record: &R,
    context: &Context,
    tally: &mut Tally,
) -> Option<i64> {
    let (form, target) = side.first?;
    let time = stated(form, record.number(target), &context.clock, tally);
    if time.is_some() || side.others.is_empty() {
        return time;
    }
    let mut others = side.others.iter();
    others.find_map(|&(form, target)| stated(form, record.number(target), &context.clock, tally))
}

/// The time that a number states, if it is filled in.
#[inline(always)]
fn stated(form: Form, number: u64, clock: &ExportClock, tally: &mut Tally) -> Option<i64> {
    match form {
        Form::Uptime => clock.of_uptime(low32(number)),
        Form::Delta => Some(clock.of_delta_micros(low32(number))),
        _ if number == 0 => None,
        Form::Seconds => Some(clock.of_seconds(low32(number))),
        Form::Micros => Some(clock.of_ntp_micros(number)),
        Form::Nanos => Some(clock.of_ntp(number)),
        Form::Millis => {
            let time = stated_ms(number);
            if time.is_none() {
                tally.one(Reason::TimeImplausible);
            }
            time
        }
    }
}

#[inline]
fn v4_pair<R: Reader>(record: &R) -> (IpAddr, IpAddr) {
    let (src, dst) = record.pair(Target::SrcV4, Target::DstV4);
    let addr = |bits| IpAddr::V4(Ipv4Addr::from_bits(low32(bits)));
    (addr(src), addr(dst))
}

#[inline(always)]
fn v6_pair<R: Reader>(record: &R) -> (IpAddr, IpAddr) {
    let (src, dst) = record.wide_pair(Target::SrcV6, Target::DstV6);
    let addr = |bits| IpAddr::V6(Ipv6Addr::from_bits(bits));
    (addr(src), addr(dst))
}

/// The IPv6 pair if it is filled in, and else an IPv4 pair of zeros.
fn v6_or_v4<R: Reader>(record: &R) -> (IpAddr, IpAddr) {
    let (src, dst) = v6_pair(record);
    if src.is_unspecified() && dst.is_unspecified() {
        v4_pair(record)
    } else {
        (src, dst)
    }
}

#[cold]
fn is_zero<R: Reader>(record: &R) -> bool {
    crate::bytes::all_zero(record.octets())
}

/// The lowest octets of a number that has no more, or whose exporter padded it.
#[expect(clippy::cast_possible_truncation, reason = "slots are no wider")]
pub(super) const fn low8(number: u64) -> u8 {
    number as u8
}

#[expect(clippy::cast_possible_truncation, reason = "slots are no wider")]
pub(super) const fn low16(number: u64) -> u16 {
    number as u16
}

#[expect(clippy::cast_possible_truncation, reason = "slots are no wider")]
pub(super) const fn low32(number: u64) -> u32 {
    number as u32
}
