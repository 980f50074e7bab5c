//! The Information Elements that are read, and the lengths they may have.
//!
//! The numbers are those of IANA's registry of IPFIX Information Elements (RFC 7012),
//! of which NetFlow v9's field types (RFC 3954, 8) are the first 127.

/// What a field is read for. Its number is its slot in a compiled template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    SrcV4,
    DstV4,
    SrcV6,
    DstV6,
    SrcPort,
    DstPort,
    UdpSrcPort,
    UdpDstPort,
    TcpSrcPort,
    TcpDstPort,
    Protocol,
    TcpFlags,
    Tos,
    Octets,
    Packets,
    TotalOctets,
    TotalPackets,
    InIf,
    OutIf,
    StartMillis,
    EndMillis,
    StartMicros,
    EndMicros,
    StartNanos,
    EndNanos,
    StartSeconds,
    EndSeconds,
    StartUptime,
    EndUptime,
    StartDelta,
    EndDelta,
    SystemInit,
    IcmpV4,
    IcmpV6,
    IcmpV4Type,
    IcmpV4Code,
    IcmpV6Type,
    IcmpV6Code,
    EndReason,
    FlowDirection,
    Dot1qVlan,
    Vlan,
    PostDot1qVlan,
    PostVlan,
    SamplingInterval,
    SamplerInterval,
    SamplerId,
    SelectorId,
    PacketInterval,
    PacketSpace,
    SampleSize,
    SamplePopulation,
    TemplateId,
    FlowKeys,
    BiflowDirection,
    InitiatorOctets,
    InitiatorPackets,
    ResponderOctets,
    ResponderPackets,
    ReverseOctets,
    ReversePackets,
    ReverseTcpFlags,
    ReverseTos,
    ReverseStartMillis,
    ReverseEndMillis,
    ReverseStartMicros,
    ReverseEndMicros,
    ReverseStartNanos,
    ReverseEndNanos,
    ReverseStartSeconds,
    ReverseEndSeconds,
    ReverseStartUptime,
    ReverseEndUptime,
    ReverseStartDelta,
    ReverseEndDelta,
    ReverseStartOffset,
    ReverseIcmpV4,
    ReverseIcmpV6,
    ReverseIcmpV4Type,
    ReverseIcmpV4Code,
    ReverseIcmpV6Type,
    ReverseIcmpV6Code,
}

impl Target {
    /// How many there are.
    pub(crate) const COUNT: usize = Self::ReverseIcmpV6Code as usize + 1;
}

/// The lengths at which an element is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Size {
    /// A number of so many octets; shorter by reduced-size encoding (RFC 7011, 6.2),
    /// longer where an exporter pads it with zeros in front.
    Number(u8),
    /// This length and no other.
    Exact(u8),
}

/// The target of an element and the octets to read of it, if it is read at all.
///
/// # Errors
///
/// `Err` if the element is read but cannot have this length.
pub(crate) fn target(
    enterprise: Option<u32>,
    element: u16,
    length: u16,
) -> Result<Option<(Target, u8)>, ()> {
    let found = match enterprise {
        None => lookup(element),
        Some(REVERSE) => reverse(element),
        Some(CERT) if element == REVERSE_FLOW_DELTA => {
            Some((Target::ReverseStartOffset, Size::Number(4)))
        }
        Some(_) => None,
    };
    let Some((target, size)) = found else {
        return Ok(None);
    };
    match (u8::try_from(length), size) {
        (Ok(0), _) => Ok(None),
        (Ok(length), Size::Number(natural)) if length <= 8 => {
            Ok(Some((target, length.min(natural))))
        }
        (Ok(length), Size::Exact(natural)) if length == natural => Ok(Some((target, length))),
        _ => Err(()),
    }
}

/// The enterprise number whose elements are those of the reverse direction (RFC 5103,
/// 6.1).
const REVERSE: u32 = 29_305;

/// The enterprise number of CERT, whose YAF says by an element of its own how long
/// after the forward direction the reverse one began, in milliseconds.
const CERT: u32 = 6_871;
const REVERSE_FLOW_DELTA: u16 = 21;

const fn reverse(element: u16) -> Option<(Target, Size)> {
    use Size::{Exact, Number};
    Some(match element {
        1 | 85 => (Target::ReverseOctets, Number(8)),
        2 | 86 => (Target::ReversePackets, Number(8)),
        5 => (Target::ReverseTos, Number(1)),
        6 => (Target::ReverseTcpFlags, Number(2)),
        21 => (Target::ReverseEndUptime, Number(4)),
        22 => (Target::ReverseStartUptime, Number(4)),
        32 => (Target::ReverseIcmpV4, Number(2)),
        139 => (Target::ReverseIcmpV6, Number(2)),
        150 => (Target::ReverseStartSeconds, Number(4)),
        151 => (Target::ReverseEndSeconds, Number(4)),
        152 => (Target::ReverseStartMillis, Exact(8)),
        153 => (Target::ReverseEndMillis, Exact(8)),
        154 => (Target::ReverseStartMicros, Exact(8)),
        155 => (Target::ReverseEndMicros, Exact(8)),
        156 => (Target::ReverseStartNanos, Exact(8)),
        157 => (Target::ReverseEndNanos, Exact(8)),
        158 => (Target::ReverseStartDelta, Number(4)),
        159 => (Target::ReverseEndDelta, Number(4)),
        176 => (Target::ReverseIcmpV4Type, Number(1)),
        177 => (Target::ReverseIcmpV4Code, Number(1)),
        178 => (Target::ReverseIcmpV6Type, Number(1)),
        179 => (Target::ReverseIcmpV6Code, Number(1)),
        _ => return None,
    })
}

const fn lookup(element: u16) -> Option<(Target, Size)> {
    use Size::{Exact, Number};
    Some(match element {
        1 => (Target::Octets, Number(8)),
        2 => (Target::Packets, Number(8)),
        4 => (Target::Protocol, Number(1)),
        5 => (Target::Tos, Number(1)),
        6 => (Target::TcpFlags, Number(2)),
        7 => (Target::SrcPort, Number(2)),
        8 => (Target::SrcV4, Exact(4)),
        10 => (Target::InIf, Number(4)),
        11 => (Target::DstPort, Number(2)),
        12 => (Target::DstV4, Exact(4)),
        14 => (Target::OutIf, Number(4)),
        21 => (Target::EndUptime, Number(4)),
        22 => (Target::StartUptime, Number(4)),
        27 => (Target::SrcV6, Exact(16)),
        28 => (Target::DstV6, Exact(16)),
        32 => (Target::IcmpV4, Number(2)),
        34 => (Target::SamplingInterval, Number(8)),
        48 => (Target::SamplerId, Number(8)),
        50 => (Target::SamplerInterval, Number(8)),
        58 => (Target::Vlan, Number(2)),
        59 => (Target::PostVlan, Number(2)),
        61 => (Target::FlowDirection, Number(1)),
        85 => (Target::TotalOctets, Number(8)),
        86 => (Target::TotalPackets, Number(8)),
        136 => (Target::EndReason, Number(1)),
        139 => (Target::IcmpV6, Number(2)),
        145 => (Target::TemplateId, Number(2)),
        150 => (Target::StartSeconds, Number(4)),
        151 => (Target::EndSeconds, Number(4)),
        152 => (Target::StartMillis, Exact(8)),
        153 => (Target::EndMillis, Exact(8)),
        154 => (Target::StartMicros, Exact(8)),
        155 => (Target::EndMicros, Exact(8)),
        156 => (Target::StartNanos, Exact(8)),
        157 => (Target::EndNanos, Exact(8)),
        158 => (Target::StartDelta, Number(4)),
        159 => (Target::EndDelta, Number(4)),
        160 => (Target::SystemInit, Exact(8)),
        173 => (Target::FlowKeys, Number(8)),
        176 => (Target::IcmpV4Type, Number(1)),
        177 => (Target::IcmpV4Code, Number(1)),
        178 => (Target::IcmpV6Type, Number(1)),
        179 => (Target::IcmpV6Code, Number(1)),
        180 => (Target::UdpSrcPort, Number(2)),
        181 => (Target::UdpDstPort, Number(2)),
        182 => (Target::TcpSrcPort, Number(2)),
        183 => (Target::TcpDstPort, Number(2)),
        231 => (Target::InitiatorOctets, Number(8)),
        232 => (Target::ResponderOctets, Number(8)),
        239 => (Target::BiflowDirection, Number(1)),
        243 => (Target::Dot1qVlan, Number(2)),
        254 => (Target::PostDot1qVlan, Number(2)),
        298 => (Target::InitiatorPackets, Number(8)),
        299 => (Target::ResponderPackets, Number(8)),
        302 => (Target::SelectorId, Number(8)),
        305 => (Target::PacketInterval, Number(8)),
        306 => (Target::PacketSpace, Number(8)),
        309 => (Target::SampleSize, Number(8)),
        310 => (Target::SamplePopulation, Number(8)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_may_be_shorter_or_padded_and_addresses_may_not() {
        assert_eq!(target(None, 1, 4), Ok(Some((Target::Octets, 4))));
        assert_eq!(target(None, 4, 2), Ok(Some((Target::Protocol, 1))));
        assert_eq!(target(None, 1, 9), Err(()));
        assert_eq!(target(None, 8, 4), Ok(Some((Target::SrcV4, 4))));
        for length in [1, 2, 16, 50, 65_534] {
            assert_eq!(target(None, 8, length), Err(()), "{length}");
        }
        assert_eq!(target(None, 152, 4), Err(()));
    }

    #[test]
    fn a_field_of_no_octets_has_no_value() {
        assert_eq!(target(None, 8, 0), Ok(None));
        assert_eq!(target(None, 1, 0), Ok(None));
    }

    #[test]
    fn each_target_is_of_one_element() {
        // The totals of the reverse direction share the slots of its counters.
        let reversed = (0..=u16::MAX).filter(|element| !matches!(element, 85 | 86));
        let found: Vec<Target> = (0..=u16::MAX)
            .filter_map(lookup)
            .chain(reversed.filter_map(reverse))
            .map(|(target, _)| target)
            .chain([Target::ReverseStartOffset])
            .collect();
        assert_eq!(found.len(), Target::COUNT);
        assert!((1..found.len()).all(|at| !found[..at].contains(&found[at])));
    }
}
