//! What exporters send in a run, and the books on it.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use flow::{FlowKey, ReceiveTime, protocol, tcp_flag};

use super::driver::Sent;
use super::random::Random;
use super::v5::{self, V5Record};
use crate::sample::EPOCH;

/// Records of one key, and their octets together.
///
/// The n-th record of a key has 2^n octets. So the sum of any n records of a key is
/// 2^n - 1 only if it is of the first n, each once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) records: u64,
    pub(crate) octets: u64,
}

impl Account {
    pub(crate) fn add(&mut self, records: u64, octets: u64) {
        self.records += records;
        self.octets += octets;
    }
}

/// Records by key.
pub(crate) type Accounts = BTreeMap<FlowKey, Account>;

/// When a run begins, in Unix seconds: half a minute before the end of an hour, so that most
/// runs have two epochs of keys.
pub(crate) const BEGINS: i64 = EPOCH + 2_770;

/// Most records of a key, since octets have 32 bits.
const RECORDS_MAX: u64 = 31;

/// Addresses that the lookup of a run panics on.
pub(crate) fn is_poison(addr: IpAddr) -> bool {
    matches!(addr, IpAddr::V4(v4) if v4.octets()[..3] == [203, 0, 113])
}

/// Some exporters on one clock of receipt.
pub(crate) struct Traffic {
    random: Random,
    now_ms: i64,
    poison_percent: u64,
    /// The keys of each exporter.
    exporters: Vec<Vec<FlowKey>>,
    /// What was sent so far.
    books: Accounts,
    sequence: u32,
}

impl Traffic {
    pub(crate) fn new(seed: u64, poison_percent: u64) -> Self {
        Self {
            random: Random::new(seed),
            now_ms: BEGINS * 1_000,
            poison_percent,
            exporters: vec![Vec::new(); 3],
            books: Accounts::new(),
            sequence: 0,
        }
    }

    pub(crate) const fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    pub(crate) const fn now_ms(&self) -> i64 {
        self.now_ms
    }

    pub(crate) const fn pass(&mut self, millis: i64) {
        self.now_ms += millis;
    }

    pub(crate) fn books(&self) -> Accounts {
        self.books.clone()
    }

    /// Some datagrams, one after the other.
    pub(crate) fn batch(&mut self) -> Vec<Sent> {
        let count = 1 + self.random.below(2);
        (0..count)
            .map(|_| {
                let pause = self.random.millis(300);
                self.pass(pause);
                self.datagram()
            })
            .collect()
    }

    fn datagram(&mut self) -> Sent {
        let exporter = self.random.index(self.exporters.len());
        let payload = if self.random.percent(4) {
            self.garbage()
        } else {
            self.export(exporter)
        };
        let last = u8::try_from(exporter + 1).unwrap();
        Sent {
            received: ReceiveTime::from_millis(self.now_ms),
            source: SocketAddr::from(([192, 0, 2, last], 9_000)),
            payload,
        }
    }

    fn garbage(&mut self) -> Vec<u8> {
        let version = [0, 5, 9, 10][self.random.index(4)];
        let rest = (0..self.random.below(60)).map(|number| u8::try_from(number).unwrap());
        [0, version].into_iter().chain(rest).collect()
    }

    fn export(&mut self, exporter: usize) -> Vec<u8> {
        let count = self.random.below(6);
        let skew_ms = [0, -86_400_000, 3_600_250][exporter];
        let export_ms = self.now_ms + skew_ms;
        let records: Vec<_> = (0..count)
            .map(|_| self.record(exporter, export_ms))
            .collect();
        self.sequence += u32::try_from(records.len()).unwrap();
        v5::datagram(export_ms, self.sequence, &records)
    }

    fn record(&mut self, exporter: usize, export_ms: i64) -> V5Record {
        let key = self.key(exporter);
        let account = self.books.entry(key).or_default();
        let octets = 1_u32 << account.records;
        account.add(1, octets.into());
        let last_ms = export_ms - self.random.millis(2_500);
        let v4 = |addr| match addr {
            IpAddr::V4(v4) => v4,
            IpAddr::V6(v6) => panic!("{v6} in a v5 record"),
        };
        V5Record {
            src: (v4(key.src_addr), key.src_port),
            dst: (v4(key.dst_addr), key.dst_port),
            protocol: key.protocol,
            tcp_flags: self.flags(),
            packets: 1,
            octets,
            first_ms: last_ms - self.random.millis(4_000),
            last_ms,
        }
    }

    fn flags(&mut self) -> u8 {
        let [fin, syn, rst] =
            [tcp_flag::FIN, tcp_flag::SYN, tcp_flag::RST].map(|flag| u8::try_from(flag).unwrap());
        match self.random.below(8) {
            0 => syn,
            1 => syn | fin,
            2 => fin,
            3 => rst,
            _ => 0,
        }
    }

    /// The key of the next record: one that is known, mostly.
    fn key(&mut self, exporter: usize) -> FlowKey {
        let known = self.exporters[exporter].len();
        if known > 0 && self.random.percent(70) {
            let key = self.exporters[exporter][self.random.index(known)];
            if self.books[&key].records < RECORDS_MAX {
                return key;
            }
        }
        self.new_key(exporter)
    }

    fn new_key(&mut self, exporter: usize) -> FlowKey {
        let number = u16::try_from(self.books.len()).unwrap();
        let [high, low] = number.to_be_bytes();
        let poison = self.random.percent(self.poison_percent);
        let dst = if poison {
            [203, 0, 113]
        } else {
            [198, 51, 100]
        };
        let key = FlowKey {
            src_addr: Ipv4Addr::new(10, 0, high, low).into(),
            dst_addr: Ipv4Addr::new(dst[0], dst[1], dst[2], low).into(),
            src_port: 1_024 + number,
            dst_port: 443,
            protocol: [protocol::TCP, protocol::UDP][self.random.index(2)],
        };
        self.exporters[exporter].push(key);
        key
    }
}
