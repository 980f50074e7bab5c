//! Messages of IPFIX, made one by one, with flows that a test knows again.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use socket2::{Domain, Socket, Type};

use super::PATIENCE;
use super::exporter::Sample;

/// The template that [`Message::data`] follows.
pub(crate) const TEMPLATE: u16 = 256;
/// Set IDs of templates and options templates.
pub(crate) const TEMPLATES: u16 = 2;
pub(crate) const OPTIONS_TEMPLATES: u16 = 3;

/// Addresses, ports, protocol, octets, packets, first and last packet: element, octets.
const FIELDS: [(u16, u16); 9] = [
    (8, 4),
    (12, 4),
    (7, 2),
    (11, 2),
    (4, 1),
    (1, 4),
    (2, 4),
    (152, 8),
    (153, 8),
];

/// A message in the making.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    sequence: u32,
    sets: Vec<u8>,
}

impl Message {
    /// One without a Set.
    pub(crate) const fn new(sequence: u32) -> Self {
        Self {
            sequence,
            sets: Vec::new(),
        }
    }

    /// The template of the flows.
    pub(crate) fn template(self) -> Self {
        self.template_of(TEMPLATE, &FIELDS)
    }

    /// Another template.
    pub(crate) fn template_of(self, id: u16, fields: &[(u16, u16)]) -> Self {
        let count = u16::try_from(fields.len()).unwrap();
        let fields = fields
            .iter()
            .flat_map(|&(element, octets)| [element, octets]);
        self.set(TEMPLATES, &shorts([id, count].into_iter().chain(fields)))
    }

    /// An Options Template with one scope of 4 octets.
    pub(crate) fn options_template(self, id: u16) -> Self {
        self.set(OPTIONS_TEMPLATES, &shorts([id, 2, 1, 144, 4, 34, 4]))
    }

    /// Flows of a packet of 100 octets over UDP.
    pub(crate) fn data(self, samples: &[Sample]) -> Self {
        let records = samples.iter().flat_map(|sample| record(*sample));
        self.set(TEMPLATE, &records.collect::<Vec<u8>>())
    }

    /// A withdrawal of a template; of all, if `id` is that of the Set.
    pub(crate) fn withdrawal(self, set: u16, id: u16) -> Self {
        self.set(set, &shorts([id, 0]))
    }

    /// Any Set.
    pub(crate) fn set(self, id: u16, body: &[u8]) -> Self {
        let octets = u16::try_from(4 + body.len()).unwrap();
        self.set_of(id, octets, body)
    }

    /// A Set whose header says another length.
    pub(crate) fn set_of(mut self, id: u16, octets: u16, body: &[u8]) -> Self {
        self.sets.extend(shorts([id, octets]));
        self.sets.extend(body);
        self
    }

    /// The message, exported now.
    pub(crate) fn octets(&self) -> Vec<u8> {
        let octets = u16::try_from(16 + self.sets.len()).unwrap();
        let now = now_ms() / 1_000;
        let mut message = shorts([10, octets]);
        for word in [u32::try_from(now).unwrap(), self.sequence, 7] {
            message.extend(word.to_be_bytes());
        }
        message.extend(&self.sets);
        message
    }
}

fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(now.as_millis()).unwrap()
}

fn shorts(numbers: impl IntoIterator<Item = u16>) -> Vec<u8> {
    numbers.into_iter().flat_map(u16::to_be_bytes).collect()
}

fn record(sample: Sample) -> Vec<u8> {
    let mut record = sample.src().octets().to_vec();
    record.extend(Ipv4Addr::new(198, 19, 0, 1).octets());
    record.extend(shorts([sample.src_port(), 53]));
    record.push(17);
    record.extend(100_u32.to_be_bytes());
    record.extend(1_u32.to_be_bytes());
    record.extend((now_ms() - 2_000).to_be_bytes());
    record.extend((now_ms() - 1_000).to_be_bytes());
    record
}

/// Samples of these numbers.
pub(crate) fn samples(numbers: std::ops::Range<u16>) -> Vec<Sample> {
    numbers.map(Sample).collect()
}

/// A connection of an exporter, which waits for nobody for ever.
pub(crate) fn connect(to: SocketAddr) -> TcpStream {
    prepared(TcpStream::connect(to).unwrap())
}

/// A connection from an address and port of the exporter's choice. It is broken off when
/// it is dropped, as that of an exporter that is killed with data on their way.
pub(crate) fn connect_from(from: SocketAddr, to: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::for_address(from), Type::STREAM, None).unwrap();
    socket.set_reuse_address(true).unwrap();
    socket.set_linger(Some(Duration::ZERO)).unwrap();
    socket.bind(&from.into()).unwrap();
    socket.connect(&to.into()).unwrap();
    prepared(socket.into())
}

fn prepared(stream: TcpStream) -> TcpStream {
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Sends a message.
pub(crate) fn send(mut stream: impl Write, message: &Message) {
    stream.write_all(&message.octets()).unwrap();
    stream.flush().unwrap();
}
