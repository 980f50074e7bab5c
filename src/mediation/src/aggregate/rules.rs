//! What the operator decides about aggregation.

use flow::Exporter;

use super::Timeouts;
use super::live::{Live, known};
use super::table::Way;

/// By which rules records become flows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// When a flow is over.
    pub timeouts: Timeouts,
    /// What becomes of records of one flow from several Observation Points.
    pub observers: Observers,
    /// Whether both directions are one flow (RFC 5103).
    pub biflow: bool,
    /// What tells flows apart besides the 5-tuple.
    pub apart: Apart,
    /// What becomes of TCP flows of which the opening or the closing was not seen.
    pub incomplete: Incomplete,
    /// Flows that are kept at once, over all lanes; each partition has an equal share.
    pub flows_max: usize,
}

/// What becomes of one flow that several Observation Points report: several exporters,
/// several Observation Domains of one, or its ingress and its egress side
/// (flowDirection, IE 61).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Observers {
    /// Whoever reports a flow first is believed; what others report of it is counted
    /// and left out. If the first falls silent while others go on, the next takes over.
    #[default]
    First,
    /// Everything is added up: for exporters that see different packets of a flow.
    Sum,
    /// Each has flows of its own.
    Apart,
}

/// What tells flows apart besides the 5-tuple.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a field that is part of the key or is not"
)]
pub struct Apart {
    /// The exporter's address.
    pub exporter: bool,
    /// The Observation Domain.
    pub observation_domain: bool,
    /// The interface the packets came in by.
    pub in_if: bool,
    /// The interface the packets left by.
    pub out_if: bool,
    /// The VLAN.
    pub vlan: bool,
    /// The type of service.
    pub tos: bool,
}

/// What becomes of TCP flows of which the opening or the closing was not seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Incomplete {
    /// They leave like all others.
    #[default]
    Emit,
    /// They are counted and left out.
    Drop,
}

impl Rules {
    /// Plain rules: the first Observation Point is believed, each direction is a flow,
    /// nothing but the key tells flows apart, and all leave.
    #[must_use]
    pub fn plain(timeouts: Timeouts, flows_max: usize) -> Self {
        Self {
            timeouts,
            observers: Observers::default(),
            biflow: false,
            apart: Apart::default(),
            incomplete: Incomplete::default(),
            flows_max,
        }
    }

    /// Whether nothing but the key tells flows apart. The VLAN is part of the key, where
    /// it does.
    pub(super) fn is_by_key_alone(&self) -> bool {
        let apart = Apart {
            vlan: false,
            ..self.apart
        };
        self.observers != Observers::Apart && apart == Apart::default()
    }

    /// A number that differs, most likely, where flows of one key are apart; 0 if nothing
    /// but the key tells them apart. It is the same for both directions of a flow.
    pub(super) fn apart_from(&self, piece: &Live, exporter: Exporter) -> u64 {
        if self.is_by_key_alone() {
            return 0;
        }
        let apart = &self.apart;
        let mut word = 1_u64;
        let mut mix = |part: u64| word = (word.rotate_left(23) ^ part).wrapping_mul(MIX);
        if apart.exporter || self.observers == Observers::Apart {
            let bits = match exporter.addr {
                std::net::IpAddr::V4(v4) => u128::from(v4.to_bits()),
                std::net::IpAddr::V6(v6) => v6.to_bits(),
            };
            mix(fold(bits));
        }
        if apart.observation_domain || self.observers == Observers::Apart {
            mix(exporter.domain.into());
        }
        if apart.in_if && !self.biflow {
            mix(piece.in_if.into());
        }
        if apart.out_if && !self.biflow {
            mix(piece.out_if.into());
        }
        if apart.tos {
            mix(piece.tos.into());
        }
        word
    }

    /// Whether two of one key are one flow by what tells flows apart besides.
    pub(super) fn are_together(
        &self,
        (live, known_exporter): (&Live, Exporter),
        (piece, exporter): (&Live, Exporter),
        way: Way,
    ) -> bool {
        let apart = &self.apart;
        let ins = [live.interface(known::IN_IF), live.interface(known::OUT_IF)];
        let (piece_in, piece_out) = (
            piece.interface(known::IN_IF),
            piece.interface(known::OUT_IF),
        );
        let outs = match way {
            Way::Forward => [piece_in, piece_out],
            Way::Reverse => [piece_out, piece_in],
        };
        (!apart.exporter || known_exporter.addr == exporter.addr)
            && (!apart.observation_domain || known_exporter.domain == exporter.domain)
            && (!apart.in_if || ins[0] == outs[0])
            && (!apart.out_if || ins[1] == outs[1])
            && (!apart.tos || live.tos == piece.tos)
    }
}

/// An odd number whose bits look random: the golden ratio's.
const MIX: u64 = 0x9E37_79B9_7F4A_7C15;

#[expect(clippy::cast_possible_truncation, reason = "both halves are used")]
const fn fold(bits: u128) -> u64 {
    (bits >> 64) as u64 ^ bits as u64
}
