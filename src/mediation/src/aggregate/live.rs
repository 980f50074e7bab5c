//! One flow in the making, in 128 octets: two cache lines for each record that joins.

use flow::tcp_flag::{ACK, SYN};
use flow::{AggregatedFlow, EndReason, Exporter, OriginalFlow, SamplingRate, protocol};

use super::observers::Observer;
use super::packed::PackedKey;
use super::wheel::Second;

/// What is known of a flow, as bits of [`Live::known`].
pub(super) mod known {
    use flow::tcp_flag::{FIN, RST, SYN};

    /// A FIN from the source. This and the next two are the bits of the TCP flags that say
    /// so, so that they are taken over as they are.
    pub(in super::super) const CLOSED: u16 = FIN;
    /// The opening of the connection was seen.
    pub(in super::super) const OPENED: u16 = SYN;
    /// A reset, or an exporter said that the end was seen.
    pub(in super::super) const ENDED: u16 = RST;
    /// A FIN from the destination.
    pub(in super::super) const CLOSED_BACK: u16 = 1 << 3;
    /// Its exporter saw no packet for the idle timeout.
    pub(in super::super) const IDLE: u16 = 1 << 4;
    /// A record with SYN and without ACK from the source, or from the destination.
    pub(in super::super) const CALLS: u16 = 1 << 5;
    pub(in super::super) const CALLS_BACK: u16 = 1 << 6;
    /// Which values there are.
    pub(in super::super) const FLAGS: u16 = 1 << 7;
    pub(in super::super) const TOS: u16 = 1 << 8;
    pub(in super::super) const IN_IF: u16 = 1 << 9;
    pub(in super::super) const OUT_IF: u16 = 1 << 10;
    /// There are records of the opposite direction, or of other Observation Points:
    /// more about it stands in the sidecar.
    pub(in super::super) const SIDE: u16 = 1 << 11;
    /// A record has joined since the clock of evictions came by.
    pub(in super::super) const TOUCHED: u16 = 1 << 12;
    /// It has left, and is remembered for what others may still report of it.
    pub(in super::super) const LEFT: u16 = 1 << 13;
    /// Its end was seen, by whichever side.
    pub(in super::super) const OVER: u16 = CLOSED | CLOSED_BACK | ENDED;
    /// Nothing is kept here.
    pub(in super::super) const VACANT: u16 = 1 << 14;
    /// The wheel has it.
    pub(in super::super) const ARMED: u16 = 1 << 15;
}

/// A flow in the making. A record alone is one, too.
#[derive(Debug, Clone)]
#[repr(align(128))]
pub(super) struct Live {
    pub(super) key: PackedKey,
    /// First and last packet, on the clock of its exporter.
    pub(super) start_ms: i64,
    pub(super) end_ms: i64,
    /// Last packet that anyone has reported, on the pipeline's clock.
    pub(super) seen_ms: i64,
    pub(super) active_ms: u64,
    pub(super) packets: u64,
    pub(super) bytes: u64,
    /// Who reports it.
    pub(super) observer: Observer,
    /// 0 if unknown, or not the same in all records.
    pub(super) sampling_rate: u32,
    pub(super) records: u32,
    pub(super) in_if: u32,
    pub(super) out_if: u32,
    /// When it is over, unless a record moves it.
    pub(super) deadline: Second,
    /// Neighbours in the list of its partition; the next free place where it is vacant.
    pub(super) before: u32,
    pub(super) after: u32,
    /// The lower half of the second in which the wheel brings it up.
    pub(super) wake: u16,
    pub(super) known: u16,
    pub(super) tcp_flags: u16,
    pub(super) tos: u8,
    /// Whether any of its times is so far away that sums with it may not fit.
    pub(super) far: bool,
}

/// What few flows need: both directions, or more than one Observation Point.
#[derive(Debug, Clone, Default)]
pub(super) struct Side {
    /// Who reports the opposite direction.
    pub(super) reverse_observer: Option<Observer>,
    pub(super) reverse_packets: u64,
    pub(super) reverse_bytes: u64,
    /// First packet of each direction, on the clock of its exporter.
    pub(super) start_ms: i64,
    pub(super) reverse_start_ms: i64,
    /// Last packet of each direction that its observer reported, on the pipeline's
    /// clock.
    pub(super) observer_seen_ms: i64,
    pub(super) reverse_seen_ms: i64,
    /// Fingerprints of others that have reported it, and how many they are.
    pub(super) others: [u16; 3],
    pub(super) other_count: u8,
}

impl Live {
    /// The flow that one record is, its counters scaled by its sampling rate; with
    /// `by_vlan`, its VLAN tells flows apart.
    ///
    /// It is inlined so that it is made where it is to stand: a copy of what was just
    /// written in pieces has to wait for all of them.
    #[inline(always)]
    pub(super) fn new(record: &OriginalFlow, by_vlan: bool) -> Self {
        let end_ms = record.end_ms.max(record.start_ms);
        Self {
            key: PackedKey::new(&record.key, record.icmp, record.vlan, by_vlan),
            start_ms: record.start_ms,
            end_ms,
            seen_ms: record.end_seen_ms,
            active_ms: span(record.start_ms, end_ms),
            packets: record.scaled_packets(),
            bytes: record.scaled_bytes(),
            observer: Observer::default(),
            sampling_rate: record.sampling_rate.map_or(0, SamplingRate::get),
            records: 1,
            in_if: record.in_if.unwrap_or(0),
            out_if: record.out_if.unwrap_or(0),
            deadline: Second::default(),
            before: 0,
            after: 0,
            wake: 0,
            known: facts(record),
            tcp_flags: record.tcp_flags.unwrap_or(0),
            tos: record.tos.unwrap_or(0),
            far: is_any_far([record.start_ms, end_ms, record.end_seen_ms]),
        }
    }

    pub(super) const fn is(&self, bit: u16) -> bool {
        self.known & bit != 0
    }

    /// An interface, if it is known.
    pub(super) const fn interface(&self, which: u16) -> Option<u32> {
        match which {
            known::IN_IF if self.is(known::IN_IF) => Some(self.in_if),
            known::OUT_IF if self.is(known::OUT_IF) => Some(self.out_if),
            _ => None,
        }
    }

    /// Whether its end was seen: a reset or an exporter's word, or a FIN from each side
    /// that was heard of.
    pub(super) const fn has_ended(&self, both_heard: bool) -> bool {
        let closings = (self.known & (known::CLOSED | known::CLOSED_BACK)).count_ones();
        self.is(known::ENDED) || closings == 2 || (closings == 1 && !both_heard)
    }

    /// How long it has lasted.
    pub(super) const fn lifetime_ms(&self) -> i64 {
        self.end_ms.saturating_sub(self.start_ms)
    }

    /// Adds the records of a piece of this flow, the times of which are on its clock.
    ///
    /// Time that a piece adds beyond either end is active; so is the length of a piece
    /// that came late and lies within the flow, since it fills a gap.
    pub(super) fn join(&mut self, piece: &Self, start_ms: i64, end_ms: i64) {
        self.far |= piece.far;
        let (start, end) = (self.start_ms, self.end_ms);
        let added = if start_ms >= start && end_ms <= end {
            span(start_ms, end_ms)
        } else {
            span(start_ms, start.min(end_ms)).saturating_add(span(start_ms.max(end), end_ms))
        };
        self.start_ms = start.min(start_ms);
        self.end_ms = end.max(end_ms);
        let active = self.active_ms.saturating_add(added);
        self.active_ms = active.min(span(self.start_ms, self.end_ms));
        self.seen_ms = self.seen_ms.max(piece.seen_ms);
        self.add_records(piece);
    }

    /// Adds a piece of this flow as [`Self::join`] does, where neither has a far time: as no
    /// sum can miss its type, none is asked whether it did.
    pub(super) fn join_near(&mut self, piece: &Self) {
        let (start, end) = (self.start_ms, self.end_ms);
        let (piece_start, piece_end) = (piece.start_ms, piece.end_ms);
        let length = piece_end - piece_start;
        let before = (start.min(piece_end) - piece_start).max(0);
        let after = (piece_end - piece_start.max(end)).max(0);
        let is_within = (piece_start >= start) & (piece_end <= end);
        let added = if is_within { length } else { before + after };
        self.start_ms = start.min(piece_start);
        self.end_ms = end.max(piece_end);
        // Neither is negative.
        let lasted = (self.end_ms - self.start_ms).cast_unsigned();
        self.active_ms = (self.active_ms + added.cast_unsigned()).min(lasted);
        self.seen_ms = self.seen_ms.max(piece.seen_ms);
        self.add_records(piece);
    }

    fn add_records(&mut self, piece: &Self) {
        self.records = self.records.saturating_add(piece.records);
        let is_same = self.sampling_rate == piece.sampling_rate;
        self.sampling_rate = if is_same { self.sampling_rate } else { 0 };
        self.tcp_flags |= piece.tcp_flags;
    }

    /// Adds counters and facts of a piece of the same direction.
    pub(super) fn add_forward(&mut self, piece: &Self) {
        const VALUES: u16 = known::TOS | known::IN_IF | known::OUT_IF;
        self.packets = self.packets.saturating_add(piece.packets);
        self.bytes = self.bytes.saturating_add(piece.bytes);
        // The values of the first record hold; what it had none of, a later may have.
        let new = piece.known & VALUES & !self.known;
        if new != 0 {
            self.take_values(piece, new);
        }
        self.key.complete_vlan(&piece.key);
        // Whether the exporter waits no longer is for its last record to say.
        self.known = self.known & !known::IDLE | piece.known;
    }

    /// Takes the values of a piece over that are `new`.
    #[cold]
    const fn take_values(&mut self, piece: &Self, new: u16) {
        if new & known::TOS != 0 {
            self.tos = piece.tos;
        }
        if new & known::IN_IF != 0 {
            self.in_if = piece.in_if;
        }
        if new & known::OUT_IF != 0 {
            self.out_if = piece.out_if;
        }
    }

    /// Adds facts of a piece of the opposite direction.
    pub(super) const fn add_reverse(&mut self, piece: &Self) {
        self.known = self.known & !known::IDLE | mirrored(piece.known);
    }

    /// The flow as it leaves, the direction of its first record forward.
    pub(super) fn release(
        &self,
        exporter: Exporter,
        reason: EndReason,
        ended: bool,
    ) -> AggregatedFlow {
        let is_tcp = self.key.protocol() == protocol::TCP;
        AggregatedFlow {
            key: self.key.key(),
            exporter,
            start_ms: self.start_ms,
            end_ms: self.end_ms,
            active_ms: self.active_ms,
            packets: self.packets,
            bytes: self.bytes,
            reverse: None,
            sampling_rate: SamplingRate::new(self.sampling_rate),
            records: self.records,
            in_if: self.is(known::IN_IF).then_some(self.in_if),
            out_if: self.is(known::OUT_IF).then_some(self.out_if),
            vlan: self.key.vlan(),
            tcp_flags: self.is(known::FLAGS).then_some(self.tcp_flags),
            tos: self.is(known::TOS).then_some(self.tos),
            icmp: self.key.icmp(),
            end_reason: reason,
            complete: is_tcp.then_some(self.is(known::OPENED) && ended),
            block_place: None,
        }
    }
}

/// What a record says of the flow.
fn facts(record: &OriginalFlow) -> u16 {
    let is_tcp = record.key.protocol == protocol::TCP;
    let flags = record.tcp_flags.filter(|_| is_tcp).unwrap_or(0);
    let fact = |holds: bool, bit: u16| if holds { bit } else { 0 };
    flags & (known::OPENED | known::CLOSED | known::ENDED)
        | fact(flags & (SYN | ACK) == SYN, known::CALLS)
        | fact(record.end_reason == Some(EndReason::End), known::ENDED)
        | fact(record.end_reason == Some(EndReason::Idle), known::IDLE)
        | fact(record.tcp_flags.is_some(), known::FLAGS)
        | fact(record.tos.is_some(), known::TOS)
        | fact(record.in_if.is_some(), known::IN_IF)
        | fact(record.out_if.is_some(), known::OUT_IF)
}

/// The facts of a record of the opposite direction.
const fn mirrored(facts: u16) -> u16 {
    const SAME: u16 = known::OPENED | known::ENDED | known::IDLE | known::FLAGS;
    let closed = if facts & known::CLOSED != 0 {
        known::CLOSED_BACK
    } else {
        0
    };
    let calls = if facts & known::CALLS != 0 {
        known::CALLS_BACK
    } else {
        0
    };
    facts & SAME | closed | calls
}

/// Whether any of these times is so far from 1970 that a sum of two or three such may not
/// fit.
fn is_any_far(millis: [i64; 3]) -> bool {
    const NEAR_MS: i64 = 1 << 60;
    let shifted = millis.map(|millis| millis.wrapping_add(NEAR_MS).cast_unsigned());
    // All of them are below a power of 2 if no bit of any is above.
    let bits = shifted.into_iter().fold(0, |bits, millis| bits | millis);
    bits >= 2 * NEAR_MS.cast_unsigned()
}

/// Milliseconds from `start` to `end`; 0 if `end` comes first.
pub(super) fn span(start: i64, end: i64) -> u64 {
    end.saturating_sub(start).max(0).unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_live_flow_takes_two_cache_lines() {
        assert_eq!(size_of::<Live>(), 128);
        assert!(size_of::<Side>() <= 80);
    }
}
