//! The origins of announced prefixes: which one counts, and which others there are.

use flow::Prefix;
use std::cmp::Reverse;

/// One origin of a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) prefix: Prefix,
    /// By number of the source, the first wins.
    pub(super) source: u32,
    pub(super) asn: u32,
    pub(super) peers: u32,
}

/// An origin of a prefix that has several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) prefix: Prefix,
    pub(super) asn: u32,
    /// The peers of all sources together.
    pub(super) peers: u32,
}

/// Tells of each prefix the origin that counts, in ascending order, and gives all claims
/// on prefixes that have several: those of one prefix side by side, the one that counts
/// first.
///
/// Of the first source that states a prefix, the AS that most peers saw counts, of equals
/// the lowest.
pub(super) fn decide(mut stated: Vec<Origin>, mut tell: impl FnMut(Prefix, u32)) -> Vec<Claim> {
    stated.sort_unstable_by_key(|origin| (origin.prefix, origin.source, origin.asn));
    stated.dedup_by(|next, origin| {
        let same =
            (next.prefix, next.source, next.asn) == (origin.prefix, origin.source, origin.asn);
        if same {
            origin.peers = origin.peers.saturating_add(next.peers);
        }
        same
    });
    let mut claims = Vec::new();
    for of_prefix in stated.chunk_by(|one, other| one.prefix == other.prefix) {
        let of_first = of_prefix
            .chunk_by(|one, other| one.source == other.source)
            .next();
        let chosen = of_first
            .unwrap_or_default()
            .iter()
            .min_by_key(|origin| (Reverse(origin.peers), origin.asn));
        let Some(chosen) = chosen else { continue };
        tell(chosen.prefix, chosen.asn);
        if of_prefix.iter().any(|origin| origin.asn != chosen.asn) {
            claims.extend(all_claims(of_prefix, chosen.asn));
        }
    }
    claims
}

/// The claims on one prefix, the chosen one first, then by falling number of peers.
fn all_claims(of_prefix: &[Origin], chosen: u32) -> Vec<Claim> {
    let claim = |origin: &Origin| Claim {
        prefix: origin.prefix,
        asn: origin.asn,
        peers: origin.peers,
    };
    let mut claims: Vec<Claim> = of_prefix.iter().map(claim).collect();
    claims.sort_unstable_by_key(|claim| claim.asn);
    claims.dedup_by(|next, claim| {
        let same = next.asn == claim.asn;
        if same {
            claim.peers = claim.peers.saturating_add(next.peers);
        }
        same
    });
    claims.sort_by_key(|claim| (claim.asn != chosen, Reverse(claim.peers), claim.asn));
    claims
}
