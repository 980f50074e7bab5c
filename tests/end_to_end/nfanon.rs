//! Crypto-PAn beside another program's: nfdump's nfanon, with the same key and flows.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Instant;

use serde_json::{Value, json};

use crate::support::client::count;
use crate::support::exporter::Exporter;
use crate::support::program::{finish, start};
use crate::support::tool::tool;
use crate::support::v5::{Record, datagram};
use crate::support::{Client, LOOK, Launch, PATIENCE, Scratch};

/// nfanon takes a key of 32 characters as the 32 octets that it is.
const KEY: &str = "a key that everybody knows: test";
/// Flows, in datagrams of 30.
const FLOWS: u16 = 3_000;

/// Source and destination address of each flow, by its source port.
type Addresses = BTreeMap<u64, (Ipv4Addr, Ipv4Addr)>;

/// Random addresses, the same in each run; every third destination is the source's
/// neighbour, so that all lengths of a common prefix are met.
fn originals() -> Addresses {
    let mut state = 1_u64;
    let mut random = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 32).to_be_bytes()
    };
    let mut addr = move || {
        let [.., a, b, c, d] = random();
        Ipv4Addr::from([a, b, c, d])
    };
    let flow = |number: u16| {
        let (src, other) = (addr(), addr());
        let near = Ipv4Addr::from_bits(src.to_bits() ^ 1 << (number / 3 % 32));
        let dst = if number.is_multiple_of(3) {
            near
        } else {
            other
        };
        (u64::from(number), (src, dst))
    };
    (1..=FLOWS).map(flow).collect()
}

/// Each datagram is read before the next one comes: sockets are not large everywhere.
fn export(flows: &Addresses, to: SocketAddr) {
    let records: Vec<Record> = flows
        .iter()
        .map(|(&port, &(src, dst))| Record {
            src,
            dst,
            ports: (u16::try_from(port).unwrap(), 53),
            protocol: 17,
            tcp_flags: 0,
            packets: 1,
            bytes: 100,
            times: (0, 1_000),
        })
        .collect();
    let exporter = Exporter::at("127.0.0.1", to);
    for (records, sequence) in records.chunks(30).zip((0..).step_by(30)) {
        exporter.send(&datagram(sequence, records));
        let begun = Instant::now();
        while waiting(to.port()) {
            assert!(begun.elapsed() < PATIENCE, "nobody reads");
            std::thread::sleep(LOOK);
        }
    }
}

/// Whether there is something to read in a socket of this port, as the kernel tells it.
fn waiting(port: u16) -> bool {
    let sockets = fs::read_to_string("/proc/net/udp").unwrap();
    let local = format!(":{port:04X}");
    sockets.lines().any(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words[1].ends_with(&local) && !words[4].ends_with(":00000000")
    })
}

/// nfcapd, which is killed if the test does not end it.
struct Nfcapd(Option<Child>);

impl Nfcapd {
    /// It listens when this returns; files come into the directory.
    fn start(nfcapd: &Path, to: SocketAddr, directory: &Path) -> Self {
        let mut command = Command::new(nfcapd);
        command.args(["-b", &to.ip().to_string(), "-p", &to.port().to_string()]);
        let started = Self(Some(start(command.arg("-w").arg(directory))));
        let begun = Instant::now();
        // The port is there to be had until nfcapd has it.
        while UdpSocket::bind(to).is_ok() {
            assert!(begun.elapsed() < PATIENCE, "nfcapd does not listen");
            std::thread::sleep(LOOK);
        }
        started
    }

    /// Ends it; what it has taken from its socket it writes, what it has not it leaves.
    fn end(mut self) {
        let child = self.0.take().unwrap();
        let kill = format!("kill -s TERM {}", child.id());
        let sent = Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(sent.success(), "{kill}");
        let outcome = finish(child);
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
    }
}

impl Drop for Nfcapd {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// What a tool of nfdump's printed.
fn printed(command: &mut Command) -> String {
    let outcome = finish(start(command));
    assert_eq!(outcome.code, Some(0), "{command:?}: {outcome:?}");
    outcome.stdout
}

/// The flows of one of nfdump's files.
fn flows_in(nfdump: &Path, file: &Path) -> Addresses {
    let mut command = Command::new(nfdump);
    let text = printed(
        command
            .args(["-q", "-o", "fmt:%sp %sa %da", "-r"])
            .arg(file),
    );
    let flows = text.lines().filter(|line| !line.trim().is_empty());
    let flows = flows.map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [port, src, dst] = words[..] else {
            panic!("no flow: {line}");
        };
        (
            port.parse().unwrap(),
            (src.parse().unwrap(), dst.parse().unwrap()),
        )
    });
    flows.collect()
}

/// The flows as nfanon anonymizes them.
fn by_nfanon(tools: &[PathBuf; 3], flows: &Addresses, scratch: &Scratch) -> Addresses {
    let [nfcapd, nfdump, nfanon] = tools;
    let captured = scratch.join("captured");
    fs::create_dir(&captured).unwrap();
    let port = UdpSocket::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let capture = Nfcapd::start(nfcapd, port, &captured);
    export(flows, port);
    capture.end();
    let mut files = fs::read_dir(&captured)
        .unwrap()
        .map(|file| file.unwrap().path());
    let file = files.next().unwrap();
    assert_eq!(files.next(), None, "one file");
    assert_same(
        &flows_in(nfdump, &file),
        flows,
        "what nfcapd has and was sent",
    );
    let anonymized = scratch.join("anonymized");
    let mut command = Command::new(nfanon);
    command.args(["-q", "-K", KEY, "-r"]).arg(file);
    printed(command.arg("-w").arg(&anonymized));
    flows_in(nfdump, &anonymized)
}

/// The flows as the service gives them to a client.
fn by_us(flows: &Addresses, scratch: &Scratch) -> Addresses {
    let key = scratch.file("key", KEY);
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    let launch = Launch::new(scratch, "data")
        .set("anonymizer.policy", "standard")
        .set("anonymizer.key_file", key.to_str().unwrap());
    let service = launch.start();
    let client = Client::ask(service.client_port(), &json!({})).read_aside();
    export(flows, service.exporter_port());
    service.end().assert_clean();
    let addr = |flow: &Value, name: &str| flow[name].as_str().unwrap().parse().unwrap();
    let received = client.join().unwrap();
    let flows = received.flows.iter().map(|flow| {
        let addrs = (addr(flow, "src_addr"), addr(flow, "dst_addr"));
        (count(flow, "src_port"), addrs)
    });
    flows.collect()
}

fn assert_same(one: &Addresses, other: &Addresses, what: &str) {
    let differing = one
        .iter()
        .find(|(port, addrs)| other.get(port) != Some(addrs));
    assert_eq!(differing, None, "{what}");
    assert_eq!(one.len(), other.len(), "{what}");
}

#[test]
fn addresses_of_ipv4_leave_as_nfanon_maps_them() {
    let test = "addresses_of_ipv4_leave_as_nfanon_maps_them";
    let found = ["nfcapd", "nfdump", "nfanon"].map(|name| tool(name, test));
    let [Some(nfcapd), Some(nfdump), Some(nfanon)] = found else {
        return;
    };
    let scratch = Scratch::new();
    let originals = originals();
    assert_eq!(originals.len(), usize::from(FLOWS));
    let theirs = by_nfanon(&[nfcapd, nfdump, nfanon], &originals, &scratch);
    let ours = by_us(&originals, &scratch);
    assert_same(&ours, &theirs, "our images and nfanon's");
    let alike = originals
        .iter()
        .filter(|(port, addrs)| ours[port] == **addrs);
    assert_eq!(alike.count(), 0, "and none as it came");
}
