//! Conversations of two hosts, packet by packet.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::frame::{self, ETHERNET, ICMP, ICMPV6, TCP, UDP};
use super::{Counts, Key};

const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const PSH: u8 = 0x08;
const ACK: u8 = 0x10;

/// The first port of clients.
const FIRST_PORT: u16 = 10_000;
/// The most octets a segment carries.
const SEGMENT: u64 = 1_400;

/// Packets of all conversations so far: (time in microseconds, flow, flags, frame).
pub(super) struct Packets {
    random: u64,
    now_us: u64,
    packets: Vec<(u64, Key, u8, Vec<u8>)>,
}

/// Frames in order of time, and what is in them.
pub(super) type Finished = (Vec<(u64, Vec<u8>)>, BTreeMap<Key, Counts>);

/// Who talks to whom: the client asks, from a port of its own.
#[derive(Clone, Copy)]
struct Pair {
    client: IpAddr,
    server: IpAddr,
    client_port: u16,
    server_port: u16,
}

/// Which of the two sends.
#[derive(Clone, Copy, PartialEq)]
enum From {
    Client,
    Server,
}

impl Pair {
    fn new(number: u16, server_port: u16) -> Self {
        let [high, low] = number.to_be_bytes();
        let six =
            |network, host| IpAddr::from(Ipv6Addr::new(0x2001, 0xdb8, network, 0, 0, 0, 0, host));
        let (client, server) = if number % 4 == 3 {
            (six(0, number + 1), six(0xffff, number % 97 + 1))
        } else {
            let client = Ipv4Addr::new(198, 18, high, low);
            let server = Ipv4Addr::new(198, 19, high, low % 97 + 1);
            (client.into(), server.into())
        };
        let pair = Self {
            client,
            server,
            client_port: FIRST_PORT + number,
            server_port,
        };
        // Now and then it is the remote host that asks.
        if number.is_multiple_of(5) {
            pair.swapped()
        } else {
            pair
        }
    }

    /// The same roles, played by the other hosts.
    fn swapped(self) -> Self {
        Self {
            client: self.server,
            server: self.client,
            ..self
        }
    }

    fn ports(&self, from: From) -> (u16, u16) {
        match from {
            From::Client => (self.client_port, self.server_port),
            From::Server => (self.server_port, self.client_port),
        }
    }

    fn key(&self, from: From, protocol: u8) -> Key {
        let (src_port, dst_port) = self.ports(from);
        let (src, dst) = match from {
            From::Client => (self.client, self.server),
            From::Server => (self.server, self.client),
        };
        Key {
            src,
            dst,
            src_port,
            dst_port,
            protocol,
        }
    }
}

/// The state of a TCP connection: what each side has sent so far.
struct Connection {
    pair: Pair,
    client_seq: u32,
    server_seq: u32,
}

impl Packets {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            random: seed,
            now_us: 0,
            packets: Vec::new(),
        }
    }

    /// An even number below a limit: SplitMix64.
    pub(super) fn draw(&mut self, limit: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit.max(1)
    }

    /// A whole conversation that begins at a time since the begin of the capture.
    pub(super) fn converse(&mut self, number: u16, begin_us: u64) {
        self.now_us = begin_us;
        // A number that is coprime to 4, so that each kind is seen over IPv6, too.
        match number % 9 {
            0..=2 => self.tcp(Pair::new(number, 443), true),
            3 => self.tcp(Pair::new(number, 22), false),
            4 | 5 => self.question(Pair::new(number, 53)),
            6 | 7 => self.stream(Pair::new(number, 443)),
            _ => self.ping(Pair::new(number, 0)),
        }
    }

    /// Time passes between two packets.
    fn wait(&mut self) {
        self.now_us += 100 + self.draw(20_000);
    }

    fn put(&mut self, key: Key, flags: u8, upper: Vec<u8>) {
        let frame = frame::ethernet(key.src, key.dst, key.protocol, upper);
        self.packets.push((self.now_us, key, flags, frame));
        self.wait();
    }

    /// Handshake, data both ways, and an end: FIN from both, or RST by the server.
    fn tcp(&mut self, pair: Pair, closes: bool) {
        let mut connection = Connection {
            pair,
            client_seq: u32::try_from(self.draw(1 << 32)).expect("fits"),
            server_seq: u32::try_from(self.draw(1 << 32)).expect("fits"),
        };
        self.segment(&mut connection, From::Client, SYN, 0);
        self.segment(&mut connection, From::Server, SYN | ACK, 0);
        self.segment(&mut connection, From::Client, ACK, 0);
        for _ in 0..=self.draw(2) {
            self.exchange(&mut connection);
        }
        if closes {
            self.segment(&mut connection, From::Client, FIN | ACK, 0);
            self.segment(&mut connection, From::Server, FIN | ACK, 0);
            self.segment(&mut connection, From::Client, ACK, 0);
        } else {
            self.segment(&mut connection, From::Server, RST | ACK, 0);
        }
    }

    /// A request, and an answer of several segments, each acknowledged.
    fn exchange(&mut self, connection: &mut Connection) {
        let request = 40 + self.draw(600);
        self.segment(connection, From::Client, PSH | ACK, request);
        for _ in 0..=self.draw(12) {
            let answer = 1 + self.draw(SEGMENT);
            self.segment(connection, From::Server, PSH | ACK, answer);
            self.segment(connection, From::Client, ACK, 0);
        }
    }

    fn segment(&mut self, connection: &mut Connection, from: From, flags: u8, data: u64) {
        let (own, other) = match from {
            From::Client => (&mut connection.client_seq, connection.server_seq),
            From::Server => (&mut connection.server_seq, connection.client_seq),
        };
        let ack = if flags & ACK == 0 { 0 } else { other };
        let seq = *own;
        // SYN and FIN count as an octet each.
        let counted = data + u64::from(flags & (SYN | FIN) != 0);
        *own = own.wrapping_add(u32::try_from(counted).expect("fits"));
        let data = usize::try_from(data).expect("fits");
        let segment = frame::tcp(connection.pair.ports(from), (seq, ack), flags, data);
        self.put(connection.pair.key(from, TCP), flags, segment);
    }

    fn datagram(&mut self, pair: Pair, from: From, data: u64) {
        let datagram = frame::udp(pair.ports(from), usize::try_from(data).expect("fits"));
        self.put(pair.key(from, UDP), 0, datagram);
    }

    /// A question and its answer, as in DNS; some are never answered.
    fn question(&mut self, pair: Pair) {
        let (question, answer) = (25 + self.draw(40), 60 + self.draw(400));
        self.datagram(pair, From::Client, question);
        if self.draw(10) > 0 {
            self.datagram(pair, From::Server, answer);
        }
    }

    /// Many datagrams both ways, most of them towards the client, as in QUIC.
    fn stream(&mut self, pair: Pair) {
        self.datagram(pair, From::Client, 1_200);
        self.datagram(pair, From::Server, 1_200);
        for _ in 0..self.draw(40) {
            let (from, data) = match self.draw(4) {
                0 => (From::Client, 30 + self.draw(50)),
                _ => (From::Server, 200 + self.draw(1_000)),
            };
            self.datagram(pair, from, data);
        }
    }

    /// A few echo requests and their replies.
    fn ping(&mut self, pair: Pair) {
        let (protocol, request, reply) = if pair.client.is_ipv4() {
            (ICMP, 8, 0)
        } else {
            (ICMPV6, 128, 129)
        };
        for number in 0..=u16::try_from(self.draw(4)).expect("fits") {
            for (from, kind) in [(From::Client, request), (From::Server, reply)] {
                let key = Key {
                    src_port: 0,
                    dst_port: u16::from_be_bytes([kind, 0]),
                    ..pair.key(from, protocol)
                };
                self.put(key, 0, frame::echo(kind, (pair.client_port, number), 56));
            }
        }
    }

    /// The frames in order of time, and the truth, with times moved by so much.
    pub(super) fn finish(mut self, begin_us: u64) -> Finished {
        self.packets.sort_by_key(|packet| packet.0);
        let mut flows: BTreeMap<Key, Counts> = BTreeMap::new();
        let mut frames = Vec::with_capacity(self.packets.len());
        for (time_us, key, flags, frame) in self.packets {
            let time_us = begin_us + time_us;
            let counts = flows.entry(key).or_insert(Counts {
                first_us: time_us,
                ..Counts::default()
            });
            counts.packets += 1;
            counts.bytes += (frame.len() - ETHERNET) as u64;
            counts.tcp_flags |= flags;
            counts.last_us = time_us;
            frames.push((time_us, frame));
        }
        (frames, flows)
    }
}
