//! What the names mean that a term begins with.

use flow::Field;
use flow::spelling::changes;

use super::quantity::{PAIRS, Pair, Quantity};

/// What a name means.
#[derive(Debug, Clone, Copy)]
pub(super) enum Named {
    /// Every flow.
    Any,
    /// Flows of IPv4.
    Ipv4,
    /// Flows of IPv6.
    Ipv6,
    /// TCP flags, by letter.
    Flags,
    /// An address within a prefix.
    Net,
    /// `type` or `code` follows.
    Icmp,
    /// The exporter's address; `ip` may follow.
    Exporter,
    /// One value.
    One(Quantity),
    /// One or both of two values.
    Pair(&'static Pair),
}

/// Names with a meaning of their own.
const KEYWORDS: [(&str, Named); 11] = [
    ("any", Named::Any),
    ("ipv4", Named::Ipv4),
    ("inet", Named::Ipv4),
    ("ipv6", Named::Ipv6),
    ("inet6", Named::Ipv6),
    ("flags", Named::Flags),
    ("net", Named::Net),
    ("icmp", Named::Icmp),
    ("exporter", Named::Exporter),
    ("router", Named::Exporter),
    ("bpp", Named::One(Quantity::BytesPerPacket)),
];

/// Other names of fields and pairs.
const ALIASES: [(&str, &str); 13] = [
    ("proto", "protocol"),
    ("octets", "bytes"),
    ("duration", "duration_ms"),
    ("bps", "bit_rate"),
    ("pps", "packet_rate"),
    ("flows", "records"),
    ("sampling", "sampling_rate"),
    ("domain", "observation_domain"),
    ("host", "ip"),
    ("addr", "ip"),
    ("as", "asn"),
    ("geo", "country"),
    ("mask", "prefix_len"),
];

/// Words that a term may begin with before its name.
const PREPOSITIONS: [&str; 5] = ["src", "dst", "in", "out", "not"];

/// What a name means, in any case, with hyphens or underscores.
pub(super) fn meaning(word: &str) -> Option<Named> {
    let name = word.replace('-', "_").to_ascii_lowercase();
    let alias = ALIASES.iter().find(|(alias, _)| *alias == name);
    let name = alias.map_or(name.as_str(), |(_, canonical)| canonical);
    let keyword = KEYWORDS.iter().find(|(keyword, _)| *keyword == name);
    let pair = || PAIRS.iter().find(|pair| pair.name == name).map(Named::Pair);
    let field = || Field::from_name(name).map(|field| Named::One(Quantity::Field(field)));
    keyword
        .map(|(_, named)| *named)
        .or_else(pair)
        .or_else(field)
}

/// All names.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let keywords = KEYWORDS.iter().map(|(name, _)| *name);
    let aliases = ALIASES.iter().map(|(name, _)| *name);
    let pairs = PAIRS.iter().map(|pair| pair.name);
    let fields = Field::ALL.into_iter().map(Field::name);
    keywords.chain(aliases).chain(pairs).chain(fields)
}

/// Longer words are nobody's slip, and comparing them would take long.
const SLIP_MAX: usize = 32;

/// The name that was meant by a word that is none: one change away, or one for each three
/// characters of the word. Behind `src` and the like, only names of both ends are meant.
pub(super) fn nearest(word: &str, is_of_ends: bool) -> Option<&'static str> {
    if word.len() > SLIP_MAX {
        return None;
    }
    let word = word.replace('-', "_").to_ascii_lowercase();
    let near = (word.len() / 3).max(1);
    let is_meant =
        |name: &&str| !is_of_ends || matches!(meaning(name), Some(Named::Pair(_) | Named::Net));
    names()
        .chain(PREPOSITIONS)
        .filter(is_meant)
        .map(|name| (changes(&word, name), name))
        .filter(|(changes, name)| *changes <= near && *changes < name.len())
        .min_by_key(|(changes, _)| *changes)
        .map(|(_, name)| name)
}
