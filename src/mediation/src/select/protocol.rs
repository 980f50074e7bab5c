//! Names of protocols (IANA, "Protocol Numbers").

/// Names and numbers; of several names of one number, the first is canonical.
const PROTOCOLS: [(&str, u8); 28] = [
    ("icmp", 1),
    ("igmp", 2),
    ("ipip", 4),
    ("tcp", 6),
    ("egp", 8),
    ("igp", 9),
    ("udp", 17),
    ("dccp", 33),
    ("ipv6", 41),
    ("rsvp", 46),
    ("gre", 47),
    ("esp", 50),
    ("ah", 51),
    ("icmp6", 58),
    ("icmpv6", 58),
    ("ipv6-icmp", 58),
    ("eigrp", 88),
    ("ospf", 89),
    ("ospfigp", 89),
    ("etherip", 97),
    ("pim", 103),
    ("ipcomp", 108),
    ("vrrp", 112),
    ("l2tp", 115),
    ("isis", 124),
    ("sctp", 132),
    ("udplite", 136),
    ("mpls-in-ip", 137),
];

/// The number of a protocol's name, in any case.
pub(super) fn number(name: &str) -> Option<u8> {
    let same = |(known, _): &&(&str, u8)| known.eq_ignore_ascii_case(name);
    PROTOCOLS.iter().find(same).map(|(_, number)| *number)
}

/// The canonical name of a protocol's number, if it has one here.
pub(super) fn name(number: u8) -> Option<&'static str> {
    let same = |(_, known): &&(&str, u8)| *known == number;
    PROTOCOLS.iter().find(same).map(|(name, _)| *name)
}

/// All names.
#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    PROTOCOLS.iter().map(|(name, _)| *name)
}
