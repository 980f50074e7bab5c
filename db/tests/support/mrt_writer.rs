//! A small writer of table dumps in MRT format (RFC 6396), for honest ones and others.

use std::net::IpAddr;

use flow::Prefix;

/// A segment of an AS path (RFC 4271, 4.3; RFC 5065, 3).
#[derive(Debug, Clone)]
pub(crate) enum Segment {
    Set(Vec<u32>),
    Sequence(Vec<u32>),
    ConfederationSequence(Vec<u32>),
    ConfederationSet(Vec<u32>),
}

/// A path of plain ASes.
pub(crate) fn path(ases: &[u32]) -> Vec<Segment> {
    vec![Segment::Sequence(ases.to_vec())]
}

/// A record: its type, its subtype and its body.
pub(crate) fn record(kind: u16, subtype: u16, body: &[u8]) -> Vec<u8> {
    let mut out = 1_767_225_600_u32.to_be_bytes().to_vec();
    out.extend(kind.to_be_bytes());
    out.extend(subtype.to_be_bytes());
    out.extend(length::<u32>(body.len()).to_be_bytes());
    out.extend(body);
    out
}

/// The list of so many peers, of both families and both sizes of AS numbers.
pub(crate) fn peers(count: u16) -> Vec<u8> {
    let mut body = [10, 0, 0, 1].to_vec();
    body.extend(4_u16.to_be_bytes());
    body.extend(b"view");
    body.extend(count.to_be_bytes());
    for peer in 0..count {
        let kind = u8::try_from(peer % 4).expect("two bits");
        body.push(kind);
        body.extend([10, 0, 0, 2]);
        body.extend(vec![1; if kind & 1 == 0 { 4 } else { 16 }]);
        body.extend(vec![1; if kind & 2 == 0 { 2 } else { 4 }]);
    }
    record(13, 1, &body)
}

/// The attributes of a path: an origin, the AS path, a next hop.
pub(crate) fn attributes(segments: &[Segment]) -> Vec<u8> {
    let mut path = Vec::new();
    for segment in segments {
        let (kind, ases) = match segment {
            Segment::Set(ases) => (1, ases),
            Segment::Sequence(ases) => (2, ases),
            Segment::ConfederationSequence(ases) => (3, ases),
            Segment::ConfederationSet(ases) => (4, ases),
        };
        path.push(kind);
        path.push(length::<u8>(ases.len()));
        path.extend(ases.iter().flat_map(|asn| asn.to_be_bytes()));
    }
    let mut out = vec![0x40, 1, 1, 0];
    // Either form of a length is right for a short path.
    if path.len() % 8 == 6 {
        out.extend([0x40, 2, length::<u8>(path.len())]);
    } else {
        out.extend([0x50, 2]);
        out.extend(length::<u16>(path.len()).to_be_bytes());
    }
    out.extend(path);
    out.extend([0x40, 3, 4, 10, 0, 0, 1]);
    out
}

/// The body of a record of a prefix, and of the paths that peers have: the attributes of
/// each. With identifiers of paths if asked for (RFC 8050).
pub(crate) fn rib(prefix: Prefix, paths: &[(u16, Vec<u8>)], with_ids: bool) -> Vec<u8> {
    let mut body = 7_u32.to_be_bytes().to_vec();
    body.push(prefix.len());
    let octets = usize::from(prefix.len()).div_ceil(8);
    match prefix.addr() {
        IpAddr::V4(v4) => body.extend(&v4.octets()[..octets]),
        IpAddr::V6(v6) => body.extend(&v6.octets()[..octets]),
    }
    body.extend(length::<u16>(paths.len()).to_be_bytes());
    for (peer, attributes) in paths {
        body.extend(peer.to_be_bytes());
        body.extend([0; 4]);
        if with_ids {
            body.extend([0, 0, 0, 9]);
        }
        body.extend(length::<u16>(attributes.len()).to_be_bytes());
        body.extend(attributes);
    }
    body
}

/// The record of a prefix in the table of unicast routes.
pub(crate) fn unicast(prefix: &str, paths: &[(u16, Vec<Segment>)]) -> Vec<u8> {
    let prefix: Prefix = prefix.parse().expect("a prefix");
    let with_attributes = paths.iter().map(|(peer, path)| (*peer, attributes(path)));
    let paths: Vec<_> = with_attributes.collect();
    let subtype = if prefix.addr().is_ipv4() { 2 } else { 4 };
    record(13, subtype, &rib(prefix, &paths, false))
}

fn length<N: TryFrom<usize, Error: std::fmt::Debug>>(length: usize) -> N {
    N::try_from(length).expect("a length that fits")
}
