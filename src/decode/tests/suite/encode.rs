//! Messages as exporters make them, and as they should not.

use decode::Protocol;

/// Export time of all messages, in Unix seconds.
pub(crate) const EXPORT: u32 = 1_700_000_000;
/// The same in milliseconds.
pub(crate) const EXPORT_MS: i64 = EXPORT as i64 * 1_000;
/// The exporter's uptime at export, in milliseconds.
pub(crate) const UPTIME: u32 = 3_600_000;
/// The domain of all messages that name no other.
pub(crate) const DOMAIN: u32 = 7;
/// The length that stands for a variable one.
pub(crate) const VARIABLE: u16 = 0xFFFF;

/// Element and length of a field.
pub(crate) type Field = (u16, u16);

/// Addresses, ports, protocol, flags, tos, packets, octets, interfaces, first, last.
pub(crate) const V4: [Field; 13] = [
    (8, 4),
    (12, 4),
    (7, 2),
    (11, 2),
    (4, 1),
    (6, 1),
    (5, 1),
    (2, 4),
    (1, 4),
    (10, 4),
    (14, 4),
    (22, 4),
    (21, 4),
];

/// Values for [`V4`]: a TCP flow that began 9 s and ended 4 s before its export.
pub(crate) const V4_VALUES: [u128; 13] = [
    0xC612_0001,
    0xC613_0002,
    40_000,
    443,
    6,
    0x1B,
    0x28,
    12,
    3_400,
    3,
    4,
    UPTIME as u128 - 9_000,
    UPTIME as u128 - 4_000,
];

/// Like [`V4`], with absolute times in milliseconds.
pub(crate) const ABSOLUTE: [Field; 13] = {
    let mut fields = V4;
    fields[11] = (152, 8);
    fields[12] = (153, 8);
    fields
};

/// A v9 or IPFIX message in the making.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    protocol: Protocol,
    pub(crate) secs: u32,
    pub(crate) uptime: u32,
    pub(crate) sequence: u32,
    pub(crate) domain: u32,
    sets: Vec<u8>,
}

impl Message {
    pub(crate) fn new(protocol: Protocol) -> Self {
        Self {
            protocol,
            secs: EXPORT,
            uptime: UPTIME,
            sequence: 0,
            domain: DOMAIN,
            sets: Vec::new(),
        }
    }

    pub(crate) fn v9() -> Self {
        Self::new(Protocol::NetflowV9)
    }

    pub(crate) fn ipfix() -> Self {
        Self::new(Protocol::Ipfix)
    }

    pub(crate) fn sequence(mut self, sequence: u32) -> Self {
        self.sequence = sequence;
        self
    }

    pub(crate) fn domain(mut self, domain: u32) -> Self {
        self.domain = domain;
        self
    }

    pub(crate) fn uptime(mut self, uptime: u32) -> Self {
        self.uptime = uptime;
        self
    }

    pub(crate) fn secs(mut self, secs: u32) -> Self {
        self.secs = secs;
        self
    }

    /// A Set of any ID and body.
    pub(crate) fn set(self, id: u16, body: &[u8]) -> Self {
        let octets = u16::try_from(body.len() + 4).unwrap();
        self.set_of(id, octets, body)
    }

    /// A Set whose header says another length.
    pub(crate) fn set_of(mut self, id: u16, octets: u16, body: &[u8]) -> Self {
        self.sets.extend(id.to_be_bytes());
        self.sets.extend(octets.to_be_bytes());
        self.sets.extend(body);
        self
    }

    /// Octets without a Set.
    pub(crate) fn raw(mut self, octets: &[u8]) -> Self {
        self.sets.extend(octets);
        self
    }

    fn is_ipfix(&self) -> bool {
        self.protocol == Protocol::Ipfix
    }

    pub(crate) fn template_set_id(&self) -> u16 {
        if self.is_ipfix() { 2 } else { 0 }
    }

    pub(crate) fn template(self, id: u16, fields: &[Field]) -> Self {
        let set = self.template_set_id();
        self.set(set, &template_record(id, fields))
    }

    pub(crate) fn options(self, id: u16, scopes: &[Field], fields: &[Field]) -> Self {
        let set = self.template_set_id() + 1;
        let all = u16::try_from(scopes.len() + fields.len()).unwrap();
        let scoped = u16::try_from(scopes.len()).unwrap();
        let counts = if self.is_ipfix() {
            [id, all, scoped]
        } else {
            [id, scoped * 4, (all - scoped) * 4]
        };
        let body = [shorts(&counts), specs(scopes), specs(fields)].concat();
        self.set(set, &body)
    }

    pub(crate) fn data(self, id: u16, records: &[Vec<u8>]) -> Self {
        self.set(id, &records.concat())
    }

    /// The datagram.
    pub(crate) fn octets(&self) -> Vec<u8> {
        let length = if self.is_ipfix() {
            u16::try_from(16 + self.sets.len()).unwrap_or(u16::MAX)
        } else {
            1
        };
        self.octets_of(length)
    }

    /// The datagram, with another length (IPFIX) or count (v9) in its header.
    pub(crate) fn octets_of(&self, length: u16) -> Vec<u8> {
        let words: &[u32] = if self.is_ipfix() {
            &[self.secs, self.sequence, self.domain]
        } else {
            &[self.uptime, self.secs, self.sequence, self.domain]
        };
        let version = if self.is_ipfix() { 10 } else { 9 };
        let mut octets = shorts(&[version, length]);
        octets.extend(words.iter().flat_map(|word| word.to_be_bytes()));
        octets.extend(&self.sets);
        octets
    }
}

pub(crate) fn shorts(numbers: &[u16]) -> Vec<u8> {
    numbers.iter().flat_map(|n| n.to_be_bytes()).collect()
}

/// Field Specifiers without enterprise numbers.
pub(crate) fn specs(fields: &[Field]) -> Vec<u8> {
    let numbers = fields
        .iter()
        .flat_map(|&(element, length)| [element, length]);
    shorts(&numbers.collect::<Vec<_>>())
}

pub(crate) fn template_record(id: u16, fields: &[Field]) -> Vec<u8> {
    let count = u16::try_from(fields.len()).unwrap();
    [shorts(&[id, count]), specs(fields)].concat()
}

/// A record of numbers. The value of a variable-length field is how many octets it has.
pub(crate) fn record(fields: &[Field], values: &[u128]) -> Vec<u8> {
    assert_eq!(fields.len(), values.len());
    let pairs = fields.iter().zip(values);
    pairs
        .flat_map(|(&(_, length), &value)| match length {
            VARIABLE => variable(usize::try_from(value).unwrap()),
            1..=16 => value.to_be_bytes()[16 - usize::from(length)..].to_vec(),
            _ => vec![0; usize::from(length)],
        })
        .collect()
}

/// A variable-length field of so many octets that are not zero.
pub(crate) fn variable(octets: usize) -> Vec<u8> {
    let mut field = match u8::try_from(octets) {
        Ok(short) if short < 255 => vec![short],
        _ => [&[255][..], &shorts(&[u16::try_from(octets).unwrap()])].concat(),
    };
    field.resize(field.len() + octets, 0xAB);
    field
}

/// The record of [`V4`] and [`V4_VALUES`].
pub(crate) fn v4_record() -> Vec<u8> {
    record(&V4, &V4_VALUES)
}

/// The same flow as a record of [`ABSOLUTE`].
pub(crate) fn absolute_record() -> Vec<u8> {
    let mut values = V4_VALUES;
    values[11] = u128::from(EXPORT) * 1_000 - 9_000;
    values[12] = u128::from(EXPORT) * 1_000 - 4_000;
    record(&ABSOLUTE, &values)
}

/// A NetFlow v5 datagram in the making.
#[derive(Debug, Clone)]
pub(crate) struct V5 {
    pub(crate) uptime: u32,
    pub(crate) secs: u32,
    pub(crate) nanos: u32,
    pub(crate) sequence: u32,
    pub(crate) engine: u16,
    pub(crate) sampling: u16,
    pub(crate) records: Vec<V5Record>,
}

/// The fields of a v5 record that are read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct V5Record {
    pub(crate) src: u32,
    pub(crate) dst: u32,
    pub(crate) in_if: u16,
    pub(crate) out_if: u16,
    pub(crate) packets: u32,
    pub(crate) octets: u32,
    pub(crate) first: u32,
    pub(crate) last: u32,
    pub(crate) src_port: u16,
    pub(crate) dst_port: u16,
    pub(crate) flags: u8,
    pub(crate) protocol: u8,
    pub(crate) tos: u8,
}

impl Default for V5Record {
    fn default() -> Self {
        Self {
            src: 0xC612_0001,
            dst: 0xC613_0002,
            in_if: 3,
            out_if: 4,
            packets: 12,
            octets: 3_400,
            first: UPTIME - 9_000,
            last: UPTIME - 4_000,
            src_port: 40_000,
            dst_port: 443,
            flags: 0x1B,
            protocol: 6,
            tos: 0x28,
        }
    }
}

impl V5Record {
    pub(crate) fn octets(&self) -> Vec<u8> {
        let mut octets = Vec::new();
        octets.extend([self.src, self.dst, 0].iter().flat_map(|w| w.to_be_bytes()));
        octets.extend(shorts(&[self.in_if, self.out_if]));
        let words = [self.packets, self.octets, self.first, self.last];
        octets.extend(words.iter().flat_map(|w| w.to_be_bytes()));
        octets.extend(shorts(&[self.src_port, self.dst_port]));
        octets.extend([0, self.flags, self.protocol, self.tos]);
        octets.extend([0; 8]);
        octets
    }
}

impl V5 {
    pub(crate) fn new(records: usize) -> Self {
        Self {
            uptime: UPTIME,
            secs: EXPORT,
            nanos: 250_000_000,
            sequence: 0,
            engine: 0x0102,
            sampling: 0,
            records: vec![V5Record::default(); records],
        }
    }

    pub(crate) fn octets(&self) -> Vec<u8> {
        self.octets_of(u16::try_from(self.records.len()).unwrap())
    }

    /// The datagram, with another count in its header.
    pub(crate) fn octets_of(&self, count: u16) -> Vec<u8> {
        let words = [self.uptime, self.secs, self.nanos, self.sequence];
        let mut octets = shorts(&[5, count]);
        octets.extend(words.iter().flat_map(|word| word.to_be_bytes()));
        octets.extend(shorts(&[self.engine, self.sampling]));
        octets.extend(self.records.iter().flat_map(V5Record::octets));
        octets
    }
}
