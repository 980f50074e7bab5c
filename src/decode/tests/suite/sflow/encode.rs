//! sFlow datagrams as agents make them, and as they should not.

use std::net::IpAddr;

/// A datagram in the making.
#[derive(Debug, Clone)]
pub(crate) struct Sflow {
    pub(crate) agent: IpAddr,
    pub(crate) sub_agent: u32,
    pub(crate) sequence: u32,
    samples: u32,
    body: Vec<u8>,
}

pub(crate) fn words(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|n| n.to_be_bytes()).collect()
}

/// An item of a format: its length, its octets, and padding to a whole word.
pub(crate) fn item(format: u32, body: &[u8]) -> Vec<u8> {
    item_of(format, u32::try_from(body.len()).unwrap(), body)
}

/// An item that says another length.
pub(crate) fn item_of(format: u32, octets: u32, body: &[u8]) -> Vec<u8> {
    let mut item = [&words(&[format, octets]), body].concat();
    item.resize(item.len().next_multiple_of(4), 0);
    item
}

impl Sflow {
    pub(crate) fn new() -> Self {
        Self {
            agent: IpAddr::from([192, 0, 2, 1]),
            sub_agent: 7,
            sequence: 0,
            samples: 0,
            body: Vec::new(),
        }
    }

    pub(crate) fn sequence(mut self, sequence: u32) -> Self {
        self.sequence = sequence;
        self
    }

    /// Adds a sample of any octets.
    pub(crate) fn raw(mut self, sample: &[u8]) -> Self {
        self.body.extend(sample);
        self.samples += 1;
        self
    }

    pub(crate) fn flow(self, sample: &FlowSample) -> Self {
        self.raw(&sample.octets())
    }

    pub(crate) fn counter(self, format: u32) -> Self {
        self.raw(&item(format, &words(&[1, 3, 1, 1, 4, 0xDEAD_BEEF])))
    }

    pub(crate) fn octets(&self) -> Vec<u8> {
        self.octets_of(self.samples)
    }

    /// The datagram, with another count of samples in its header.
    pub(crate) fn octets_of(&self, samples: u32) -> Vec<u8> {
        let agent = match self.agent {
            IpAddr::V4(addr) => [words(&[1]), addr.octets().to_vec()].concat(),
            IpAddr::V6(addr) => [words(&[2]), addr.octets().to_vec()].concat(),
        };
        let rest = words(&[self.sub_agent, self.sequence, 60_000, samples]);
        [words(&[5]), agent, rest, self.body.clone()].concat()
    }
}

/// A flow sample in the making.
#[derive(Debug, Clone)]
pub(crate) struct FlowSample {
    pub(crate) expanded: bool,
    pub(crate) sequence: u32,
    pub(crate) source: u32,
    pub(crate) rate: u32,
    pub(crate) drops: u32,
    /// Format and value.
    pub(crate) input: (u32, u32),
    pub(crate) output: (u32, u32),
    /// The stated count of flow data, where it is not theirs.
    pub(crate) count: Option<u32>,
    pub(crate) data: Vec<Vec<u8>>,
}

impl FlowSample {
    /// A sample with these flow data.
    pub(crate) fn new(data: Vec<Vec<u8>>) -> Self {
        Self {
            expanded: false,
            sequence: 1,
            source: 3,
            rate: 512,
            drops: 0,
            input: (0, 3),
            output: (0, 4),
            count: None,
            data,
        }
    }

    /// A sample of one Ethernet frame.
    pub(crate) fn of(frame: &[u8]) -> Self {
        Self::new(vec![sampled(1, frame)])
    }

    pub(crate) fn sequence(mut self, sequence: u32) -> Self {
        self.sequence = sequence;
        self
    }

    pub(crate) fn octets(&self) -> Vec<u8> {
        let (input, output) = (self.input, self.output);
        let count = self
            .count
            .unwrap_or(u32::try_from(self.data.len()).unwrap());
        let short = |(format, value): (u32, u32)| format << 30 | value;
        let mut body = if self.expanded {
            let source = [self.sequence, 0, self.source, self.rate, 9, self.drops];
            let rest = [input.0, input.1, output.0, output.1, count];
            [words(&source), words(&rest)].concat()
        } else {
            let source = [self.sequence, self.source, self.rate, 9, self.drops];
            [words(&source), words(&[short(input), short(output), count])].concat()
        };
        body.extend(self.data.concat());
        item(if self.expanded { 3 } else { 1 }, &body)
    }
}

/// Flow data: a sampled header of a link layer, of a frame that was 4 octets longer.
pub(crate) fn sampled(protocol: u32, header: &[u8]) -> Vec<u8> {
    sampled_of(protocol, u32::try_from(header.len()).unwrap() + 4, header)
}

/// Flow data: a sampled header of a frame of so many octets, of which 4 were stripped.
pub(crate) fn sampled_of(protocol: u32, frame: u32, header: &[u8]) -> Vec<u8> {
    let octets = u32::try_from(header.len()).unwrap();
    let mut body = [words(&[protocol, frame, 4, octets]), header.to_vec()].concat();
    body.resize(body.len().next_multiple_of(4), 0);
    item(1, &body)
}

/// Flow data: what a switch, router, gateway and user say, whole and of little.
pub(crate) fn extended() -> [Vec<u8>; 4] {
    let gateway = [
        1,
        0x0A00_0001,
        65_001,
        65_002,
        65_003,
        2,
        2,
        1,
        64_999,
        1,
        0,
        1,
        7,
        100,
    ];
    let user = [106, 5, 0x726F_6F74, 0x2100_0000, 106, 0];
    [
        item(1_001, &words(&[10, 0, 20, 0])),
        item(1_002, &words(&[1, 0x0A00_0001, 24, 16])),
        item(1_003, &words(&gateway)),
        item(1_004, &words(&user)),
    ]
}

/// An Ethernet frame of a type.
pub(crate) fn ethernet(kind: u16, payload: &[u8]) -> Vec<u8> {
    [&[2; 12], &kind.to_be_bytes()[..], payload].concat()
}

/// An IPv4 packet from 198.18.0.1 to 198.19.0.2 of any protocol; its tos is 0x28.
pub(crate) fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let octets = u16::try_from(20 + payload.len()).unwrap();
    let [high, low] = octets.to_be_bytes();
    let head = [0x45, 0x28, high, low, 0, 1, 0x40, 0, 64, protocol, 0, 0];
    let addrs = [198, 18, 0, 1, 198, 19, 0, 2];
    [&head[..], &addrs, payload].concat()
}

/// An IPv6 packet from 2001:db8::1 to 2001:db8::2; its traffic class is 0x28.
pub(crate) fn ipv6(next: u8, payload: &[u8]) -> Vec<u8> {
    let octets = u16::try_from(payload.len()).unwrap().to_be_bytes();
    let addr = |last| [0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
    let head = [0x62, 0x80, 0, 0, octets[0], octets[1], next, 64];
    [&head[..], &addr(1), &addr(2), payload].concat()
}

/// A TCP header from 40000 to 443 with the flags 0x1B.
pub(crate) const TCP: [u8; 20] = [
    0x9C, 0x40, 1, 0xBB, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x1B, 4, 0, 0, 0, 0, 0,
];

/// The frame of a TCP segment without data.
pub(crate) fn tcp_frame() -> Vec<u8> {
    ethernet(0x0800, &ipv4(6, &TCP))
}
