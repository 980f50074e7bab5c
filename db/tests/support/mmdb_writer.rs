//! A small writer of MaxMind's database format, version 2, for databases of test size.

use std::collections::HashMap;
use std::net::IpAddr;

use flow::Prefix;

/// A value of the data section, of the types that databases for tests need.
#[derive(Debug, Clone)]
#[allow(dead_code, reason = "each user of this module needs a part of it")]
pub(crate) enum Value {
    Text(String),
    Double(f64),
    Float(f32),
    U16(u16),
    U32(u32),
    U64(u64),
    Map(Vec<(&'static str, Value)>),
    List(Vec<Value>),
}

impl Value {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => encode_text(text, out),
            Self::Double(value) => {
                control(3, 8, out);
                out.extend(value.to_be_bytes());
            }
            Self::Float(value) => {
                control(15, 4, out);
                out.extend(value.to_be_bytes());
            }
            Self::U16(value) => unsigned(5, u64::from(*value), out),
            Self::U32(value) => unsigned(6, u64::from(*value), out),
            Self::U64(value) => unsigned(9, *value, out),
            Self::Map(entries) => {
                control(7, entries.len(), out);
                for (key, value) in entries {
                    encode_text(key, out);
                    value.encode(out);
                }
            }
            Self::List(values) => {
                control(11, values.len(), out);
                values.iter().for_each(|value| value.encode(out));
            }
        }
    }
}

fn encode_text(text: &str, out: &mut Vec<u8>) {
    control(2, text.len(), out);
    out.extend(text.as_bytes());
}

/// Leading zero octets are left out, so that 0 has no octet at all.
fn unsigned(kind: u8, value: u64, out: &mut Vec<u8>) {
    let octets = value.to_be_bytes();
    let significant = &octets[octets.iter().take_while(|octet| **octet == 0).count()..];
    control(kind, significant.len(), out);
    out.extend(significant);
}

/// The control octet of a field, with the extended type and the longer sizes.
fn control(kind: u8, size: usize, out: &mut Vec<u8>) {
    assert!(size < 285 + 0x1_0000, "larger than a fixture needs");
    let (small, rest) = match size {
        0..29 => (size, Vec::new()),
        29..285 => (29, vec![octet(size - 29)]),
        _ => (
            30,
            vec![octet((size - 285) >> 8), octet((size - 285) & 0xff)],
        ),
    };
    match kind {
        ..8 => out.push((kind << 5) | octet(small)),
        _ => out.extend([octet(small), kind - 7]),
    }
    out.extend(rest);
}

fn octet(value: usize) -> u8 {
    u8::try_from(value).expect("an octet")
}

/// Where a bit of an address leads.
#[derive(Debug, Clone, Copy)]
enum Branch {
    Nowhere,
    Node(usize),
    Data(usize),
}

/// What the metadata says of a database.
#[derive(Debug, Clone)]
pub(crate) struct Metadata {
    pub(crate) database_type: &'static str,
    pub(crate) description: &'static str,
    /// 4 or 6; in 6, IPv4 lies at ::/96.
    pub(crate) ip_version: u16,
    /// Bits of a branch: 24, 28 or 32.
    pub(crate) record_size: u16,
    /// Unix time in seconds.
    pub(crate) build_epoch: u64,
}

/// A database in the making.
pub(crate) struct MmdbWriter {
    metadata: Metadata,
    nodes: Vec<[Branch; 2]>,
    data: Vec<u8>,
    /// Where each encoded record is, so that equal ones are stored once.
    stored: HashMap<Vec<u8>, usize>,
}

impl MmdbWriter {
    pub(crate) fn new(metadata: Metadata) -> Self {
        Self {
            metadata,
            nodes: vec![[Branch::Nowhere; 2]],
            data: Vec::new(),
            stored: HashMap::new(),
        }
    }

    /// Records a value for a network; one inside it must be inserted after it.
    pub(crate) fn insert(&mut self, prefix: Prefix, value: &Value) {
        let offset = self.store(value);
        let path = self.path(prefix);
        let (last, inner) = path.split_last().expect("a prefix of at least one bit");
        let mut node = 0;
        for bit in inner {
            node = self.descend(node, *bit);
        }
        self.nodes[node][*last] = Branch::Data(offset);
    }

    /// Makes a network of IPv6 another way to all of IPv4, of which there must be some.
    #[allow(dead_code, reason = "each user of this module needs a part of it")]
    pub(crate) fn alias_of_ipv4(&mut self, prefix: Prefix) {
        let mut v4 = 0;
        for _ in 0..96 {
            v4 = self.descend(v4, 0);
        }
        let path = self.path(prefix);
        let (last, inner) = path.split_last().expect("a prefix of at least one bit");
        let mut node = 0;
        for bit in inner {
            node = self.descend(node, *bit);
        }
        self.nodes[node][*last] = Branch::Node(v4);
    }

    fn store(&mut self, value: &Value) -> usize {
        let mut encoded = Vec::new();
        value.encode(&mut encoded);
        let next = self.data.len();
        let offset = *self.stored.entry(encoded.clone()).or_insert(next);
        if offset == next {
            self.data.extend(encoded);
        }
        offset
    }

    /// The bits that lead to the network.
    fn path(&self, prefix: Prefix) -> Vec<usize> {
        let len = usize::from(prefix.len());
        let bit = |bits: u128, i: usize| usize::from(bits >> (127 - i) & 1 == 1);
        let version = self.metadata.ip_version;
        match prefix.addr() {
            IpAddr::V4(addr) => {
                let bits = u128::from(addr.to_bits()) << 96;
                let above = if version == 6 { 96 } else { 0 };
                let below = (0..len).map(|i| bit(bits, i));
                std::iter::repeat_n(0, above).chain(below).collect()
            }
            IpAddr::V6(addr) => {
                assert_eq!(version, 6, "an IPv6 network in an IPv4 database");
                (0..len).map(|i| bit(addr.to_bits(), i)).collect()
            }
        }
    }

    /// The node below; what was recorded for the whole of it goes to both its halves.
    fn descend(&mut self, node: usize, bit: usize) -> usize {
        let branch = self.nodes[node][bit];
        if let Branch::Node(below) = branch {
            return below;
        }
        let below = self.nodes.len();
        self.nodes.push([branch; 2]);
        self.nodes[node][bit] = Branch::Node(below);
        below
    }

    /// The whole file.
    pub(crate) fn finish(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for [left, right] in &self.nodes {
            self.write_node(self.pointer(*left), self.pointer(*right), &mut out);
        }
        out.extend([0; 16]);
        out.extend(&self.data);
        out.extend(b"\xab\xcd\xefMaxMind.com");
        self.describe().encode(&mut out);
        out
    }

    fn pointer(&self, branch: Branch) -> usize {
        match branch {
            Branch::Nowhere => self.nodes.len(),
            Branch::Node(node) => node,
            Branch::Data(offset) => self.nodes.len() + 16 + offset,
        }
    }

    fn write_node(&self, left: usize, right: usize, out: &mut Vec<u8>) {
        let octets = |pointer: usize| u32::try_from(pointer).expect("32 bits").to_be_bytes();
        let ([l3, l2, l1, l0], [r3, r2, r1, r0]) = (octets(left), octets(right));
        match self.metadata.record_size {
            24 => out.extend([l2, l1, l0, r2, r1, r0]),
            28 => out.extend([l2, l1, l0, (l3 << 4) | (r3 & 0xf), r2, r1, r0]),
            bits => {
                assert_eq!(bits, 32, "the bits of a record");
                out.extend([l3, l2, l1, l0, r3, r2, r1, r0]);
            }
        }
    }

    fn describe(&self) -> Value {
        let metadata = &self.metadata;
        let nodes = u32::try_from(self.nodes.len()).expect("32 bits");
        Value::Map(vec![
            ("binary_format_major_version", Value::U16(2)),
            ("binary_format_minor_version", Value::U16(0)),
            ("build_epoch", Value::U64(metadata.build_epoch)),
            ("database_type", Value::text(metadata.database_type)),
            (
                "description",
                Value::Map(vec![("en", Value::text(metadata.description))]),
            ),
            ("ip_version", Value::U16(metadata.ip_version)),
            ("languages", Value::List(vec![Value::text("en")])),
            ("node_count", Value::U32(nodes)),
            ("record_size", Value::U16(metadata.record_size)),
        ])
    }
}
