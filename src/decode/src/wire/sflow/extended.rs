//! Extended flow data: what a switch or router knows about a packet besides itself.
//!
//! Of it, the VLANs of a switch are read. Next hops, masks, AS paths, communities and
//! users have no place in an Original Flow. Their structure is checked against their
//! length, and nothing is allocated by a count, so that a lying one costs nothing.

use flow::Vlan;

use super::xdr::Xdr;

/// Flow data of the sFlow specification that say something about a packet.
pub(super) const SWITCH: u32 = 1_001;
pub(super) const ROUTER: u32 = 1_002;
pub(super) const GATEWAY: u32 = 1_003;
pub(super) const USER: u32 = 1_004;

/// The VLANs by which a packet came in and left, of a switch's flow data that are whole.
/// What is no VLAN (0, and what an agent does not know) is `None`.
pub(super) fn vlans(mut body: Xdr<'_>) -> [Option<Vlan>; 2] {
    let [in_vlan, _, out_vlan, _] = body.words().unwrap_or_default();
    [in_vlan, out_vlan].map(|id| Vlan::new(u16::try_from(id).ok()?))
}

/// Whether flow data of one of these formats are whole.
pub(super) fn is_whole(format: u32, mut body: Xdr<'_>) -> bool {
    match format {
        SWITCH => body.skip_words(4),
        ROUTER => next_hop(&mut body).and_then(|()| body.skip_words(2)),
        GATEWAY => gateway(&mut body),
        USER => user(&mut body),
        _ => None,
    }
    .is_some()
}

/// An address of a type: none, IPv4 or IPv6.
fn next_hop(body: &mut Xdr<'_>) -> Option<()> {
    let words = match body.word()? {
        0 => 0,
        1 => 1,
        2 => 4,
        _ => return None,
    };
    body.skip_words(words)
}

/// Next hop; AS numbers of router, source and peer; the path, segment by segment, each
/// of a type and a number of AS numbers; communities; the local preference. A path
/// without segments and a segment without AS numbers are whole.
fn gateway(body: &mut Xdr<'_>) -> Option<()> {
    next_hop(body)?;
    body.skip_words(3)?;
    let segments = body.word()?;
    for _ in 0..segments {
        let [_kind, ases] = body.words()?;
        body.skip_words(ases)?;
    }
    let communities = body.word()?;
    body.skip_words(communities)?;
    body.skip_words(1)
}

/// Character set and name of the source's user, then of the destination's.
fn user(body: &mut Xdr<'_>) -> Option<()> {
    for _ in 0..2 {
        body.skip_words(1)?;
        body.skip_opaque()?;
    }
    Some(())
}
