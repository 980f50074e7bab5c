//! Addresses with a pattern go through the whole program, and no pattern of them is in
//! anything that leaves it.

use std::fs;
use std::io::Write;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::json;

use crate::support::canary::{Canaries, traffic};
use crate::support::exporter::Exporter;
use crate::support::files::{header, segments, zstdcat};
use crate::support::ipfix::connect_from;
use crate::support::program;
use crate::support::{Client, Launch, Scratch};

/// A fixed key: with another, an address might be mapped to another canary by chance.
const KEY: [u8; 32] = *b"the canaries' key, known to all:";

/// Everything that left a run, each under its name.
struct Output {
    parts: Vec<(String, Vec<u8>)>,
}

impl Output {
    /// Where canaries are, and how they were found there.
    fn found(&self, canaries: &Canaries) -> Vec<String> {
        let parts = self.parts.iter();
        let found = parts.filter_map(|(name, octets)| Some((name, canaries.find(octets)?)));
        found
            .map(|(name, found)| format!("{name}: {found:?}"))
            .collect()
    }

    fn assert_clean(&self, canaries: &Canaries) {
        let found = self.found(canaries);
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    /// The names of the parts that have one.
    fn leaks(&self, canaries: &Canaries) -> Vec<&str> {
        let parts = self.parts.iter();
        let leaks = parts.filter(|(_, octets)| canaries.find(octets).is_some());
        leaks.map(|(name, _)| name.as_str()).collect()
    }
}

fn key_file(scratch: &Scratch) -> String {
    let path = scratch.file("key", KEY);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Ports that were free just now: what logs no more than errors names none.
fn free_ports() -> [SocketAddr; 3] {
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let [tcp, clients] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    [udp.local_addr(), tcp.local_addr(), clients.local_addr()].map(Result::unwrap)
}

/// A service that knows networks around all addresses.
fn launch<'a>(
    scratch: &'a Scratch,
    data: &str,
    level: &str,
    [udp, tcp, clients]: [SocketAddr; 3],
) -> Launch<'a> {
    let own = "prefix,name\n198.18.171.0/24,lab\n198.18.0.0/16,site\n2001:db8:caf3::/48,lab six\n";
    let own = scratch.file("own.csv", own);
    Launch::new(scratch, data)
        .with_short_timeouts()
        .set("log.level", level)
        .set("receiver.listen", &format!("[\"{udp}\"]"))
        .set("receiver.listen_tcp", &format!("[\"{tcp}\"]"))
        .set("receiver.streams_per_exporter_max", "100")
        .set("clients.listen", &format!("[\"{clients}\"]"))
        .set("enricher.private_prefixes", own.to_str().unwrap())
        .set("anonymizer.key_file", &key_file(scratch))
}

/// Every protocol, from exporters whose addresses are canaries, and then what is wrong.
fn export(udp: SocketAddr, tcp: SocketAddr, round: u32) {
    let exporters = traffic::EXPORTERS.map(|addr| Exporter::at(addr, udp));
    for (exporter, datagram) in exporters.iter().zip([
        traffic::v5(round * 8),
        traffic::v9(round),
        traffic::ipfix(round * 16),
        traffic::sflow(round),
    ]) {
        exporter.send(&datagram);
    }
    for wrong in traffic::malformed() {
        exporters[0].send(&wrong);
    }
    let from = SocketAddr::new(traffic::EXPORTERS[3].parse().unwrap(), 0);
    for last in traffic::malformed() {
        let messages = [traffic::ipfix(0), last].concat();
        connect_from(from, tcp).write_all(&messages).unwrap();
    }
}

/// Runs a service through all that, its key gone for a while, and gathers what left it.
fn run(scratch: &Scratch, policy: &str, level: &str) -> Output {
    run_with(scratch, policy, level, &[])
}

/// The same with further settings.
fn run_with(scratch: &Scratch, policy: &str, level: &str, more: &[(&str, &str)]) -> Output {
    let ports = free_ports();
    let launch = launch(scratch, "data", level, ports).set("anonymizer.policy", policy);
    let launch = more
        .iter()
        .fold(launch, |launch, (key, value)| launch.set(key, value));
    let service = launch.start_at(ports);
    let uses_key = policy != "none";
    let clients = ["jsonl", "csv", "legacy"].map(|format| {
        let client = Client::ask(service.client_port(), &json!({"format": format}));
        (format, client.read_aside())
    });
    let (key, aside) = (scratch.join("key"), scratch.join("aside"));
    for round in 0..3 {
        match (uses_key, round) {
            (true, 1) => {
                fs::rename(&key, &aside).unwrap();
                service.wait_for_message("nothing leaves");
            }
            (true, 2) => fs::rename(&aside, &key).unwrap(),
            _ => {}
        }
        export(service.exporter_port(), service.tcp_port(), round);
    }
    if !["error", "warn"].contains(&level) {
        // It names an exporter, as that leaves.
        service.wait_for_message("how an exporter cuts flows");
    }
    let ended = service.end();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    let mut parts = vec![("log".to_owned(), ended.log.into_bytes())];
    for (format, client) in clients {
        let received = client.join().unwrap();
        let lines = received.lines.len();
        // Some of the settings sum flows.
        let least = if more.is_empty() {
            traffic::FLOWS_OF_ALL
        } else {
            1
        };
        assert!(lines > least, "{format}: {lines} lines");
        parts.push((format.to_owned(), received.text().into_bytes()));
        parts.push((
            format!("{format} welcome"),
            received.answer.to_string().into_bytes(),
        ));
    }
    parts.extend(dataset(&scratch.join("data/prepared")));
    Output { parts }
}

/// Names, headers and rows of all segments, and the manifest.
fn dataset(prepared: &Path) -> Vec<(String, Vec<u8>)> {
    let manifest = fs::read(prepared.join("manifest.jsonl")).unwrap();
    let mut parts = vec![("manifest".to_owned(), manifest)];
    for (name, segment) in segments(prepared) {
        let header = header(&segment).to_string();
        parts.push((format!("{name} header"), header.into_bytes()));
        parts.push((format!("{name} name"), name.into_bytes()));
    }
    let rows = zstdcat(prepared, "canary");
    parts.extend(rows.map(|rows| ("dataset".to_owned(), rows.into_bytes())));
    parts
}

#[test]
fn no_canary_leaves_at_any_level_of_the_log() {
    let canaries = traffic::canaries();
    for level in ["error", "warn", "info", "debug", "trace"] {
        let scratch = Scratch::new();
        run(&scratch, "standard", level).assert_clean(&canaries);
    }
}

#[test]
fn no_canary_leaves_under_the_strict_policy() {
    let scratch = Scratch::new();
    run(&scratch, "strict", "trace").assert_clean(&traffic::canaries());
}

#[test]
fn no_canary_leaves_whatever_else_becomes_of_flows() {
    let pairs = r#"["src_addr", "dst_prefix", "exporter"]"#;
    let settings: [&[(&str, &str)]; 5] = [
        &[
            ("aggregator.rollup.interval", "1 s"),
            ("aggregator.rollup.key", pairs),
        ],
        &[
            ("aggregator.biflow", "true"),
            ("aggregator.apart_by", "[\"exporter\", \"vlan\"]"),
        ],
        &[
            ("anonymizer.key_epoch", "hourly"),
            ("anonymizer.fields.src_addr", "ipcrypt-pfx"),
            ("anonymizer.fields.start_ms", "random-shift"),
        ],
        &[
            ("anonymizer.fields.src_addr", "permutation"),
            ("anonymizer.fields.dst_addr", "ipcrypt-deterministic"),
        ],
        &[("aggregator.blocks.records", "20")],
    ];
    for more in settings {
        let scratch = Scratch::new();
        let output = run_with(&scratch, "standard", "trace", more);
        assert_eq!(output.found(&traffic::canaries()), [""; 0], "{more:?}");
    }
}

/// What commands say of datasets, raw ones too.
fn said_of_datasets(scratch: &Scratch, policy: &str) -> Output {
    let file = format!("anonymizer.key_file={}", scratch.join("key").display());
    let policy = format!("anonymizer.policy={policy}");
    let commands: [&[&str]; 8] = [
        &["dataset", "list", "data"],
        &["dataset", "info", "data"],
        &["dataset", "info", "data", "--format", "jsonl"],
        &["dataset", "verify", "data"],
        &["dataset", "prepare", "data/raw", "--into", "anew"],
        &["dataset", "diff", "data/prepared", "anew/prepared"],
        &["privacy", "data"],
        &["privacy", "data", "--json"],
    ];
    let say = |command: &[&str]| {
        let with = ["--set", &file, "--set", &policy, "--set", "log.level=trace"];
        let said = program::run(scratch, &[command, &with].concat());
        // What is prepared anew is not prepared with the same settings, and so differs.
        let differs = command.contains(&"diff");
        let code = said.code;
        assert_eq!(code, Some(i32::from(differs)), "{command:?}: {said:?}");
        let text = said.stdout + &said.stderr;
        (command.join(" "), text.into_bytes())
    };
    Output {
        parts: commands.into_iter().map(say).collect(),
    }
}

#[test]
fn no_canary_is_in_what_commands_say_of_datasets() {
    let scratch = Scratch::new();
    run(&scratch, "standard", "error");
    said_of_datasets(&scratch, "standard").assert_clean(&traffic::canaries());
}

#[test]
fn no_canary_leaves_in_a_replay() {
    let scratch = Scratch::new();
    run(&scratch, "standard", "error");
    let replay = launch(&scratch, "again", "trace", free_ports());
    let replayed = replay.replay_at_once(&scratch.join("data/raw")).run();
    assert_eq!(replayed.code, Some(0), "{replayed:?}");
    let mut parts = dataset(&scratch.join("again/prepared"));
    assert!(!parts.is_empty());
    parts.push(("log".to_owned(), replayed.stderr.into_bytes()));
    Output { parts }.assert_clean(&traffic::canaries());
}

#[test]
fn mac_addresses_leave_under_no_policy_at_all() {
    let scratch = Scratch::new();
    let open = run(&scratch, "none", "trace");
    let macs = traffic::macs();
    open.assert_clean(&macs);
    // They did come, with flows that left.
    for datagram in [traffic::v9(0), traffic::ipfix(0), traffic::sflow(0)] {
        assert!(macs.find(&datagram).is_some());
    }
}

#[test]
fn without_anonymization_the_same_search_finds_them() {
    let scratch = Scratch::new();
    let open = run(&scratch, "none", "trace");
    let leaks = open.leaks(&traffic::canaries());
    for part in ["jsonl", "csv", "legacy", "log"] {
        assert!(leaks.contains(&part), "{part}: {leaks:?}");
    }
}
