//! The commands besides the service: subscribe, generate, demo.

use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::process::Command;

use serde_json::{Value, json};

use crate::support::client::count;
use crate::support::program::{finish, generate, program, run, start};
use crate::support::tool::tool;
use crate::support::{Client, Launch, Scratch, Service};

/// A port of the loopback address that nobody listens on.
fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
}

/// A service with so many flows released, and still running.
fn service_with_flows(scratch: &Scratch, flows: usize) -> Service {
    let service = Launch::new(scratch, "data").with_short_timeouts().start();
    let mut client = Client::ask(service.client_port(), &json!({"features": ["seq"]}));
    let flows_text = flows.to_string();
    let args = ["--count", &flows_text, "--rate", "5000", "--long", "0"];
    generate(scratch, service.exporter_port(), &args);
    client.read_until(|received| received.flows.len() == flows);
    client.leave();
    service
}

/// The arguments of `subscribe` to a service, and these.
fn subscribe<'a>(port: &'a str, args: &[&'a str]) -> Vec<&'a str> {
    [&["subscribe", port], args].concat()
}

#[test]
fn subscribe_ends_after_the_flows_it_was_asked_for() {
    let scratch = Scratch::new();
    let service = service_with_flows(&scratch, 500);
    let port = service.client_port().to_string();
    let jsonl = ["--start", "earliest", "--count", "100"];
    let outcome = run(&scratch, &subscribe(&port, &jsonl));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let flows: Vec<Value> = outcome
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let seqs = flows.iter().map(|flow| count(flow, "seq"));
    assert!(seqs.eq(0..100), "{}", outcome.stdout);
    assert!(outcome.stderr.contains("from seq 0"), "{}", outcome.stderr);

    let csv = [
        "--format",
        "csv",
        "--features",
        "seq,bytes",
        "--start",
        "seq:490",
        "--count",
        "10",
    ];
    let file = scratch.join("flows.csv");
    let to_file = [&csv[..], &["-o", file.to_str().unwrap()]].concat();
    let outcome = run(&scratch, &subscribe(&port, &to_file));
    assert_eq!(
        (outcome.code, outcome.stdout.as_str()),
        (Some(0), ""),
        "{outcome:?}"
    );
    let text = std::fs::read_to_string(&file).unwrap();
    let first: Vec<&str> = text
        .lines()
        .map(|line| line.split(',').next().unwrap())
        .collect();
    let expected = (490..500).map(|seq: u64| seq.to_string());
    assert_eq!(first[0], "seq");
    assert!(first[1..].iter().copied().eq(expected), "{text}");
    service.end().assert_clean();
}

#[test]
fn subscribe_ends_in_order_with_the_service() {
    let scratch = Scratch::new();
    let service = service_with_flows(&scratch, 100);
    let port = service.client_port().to_string();
    let subscription = start(program(&scratch).args(subscribe(&port, &["--start", "earliest"])));
    // The first one was that of who waited for the flows.
    service.wait_for_messages("session begins", 2);
    service.end().assert_clean();
    let outcome = finish(subscription);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(outcome.stdout.lines().count(), 101, "the flows and the end");
    let end: Value = serde_json::from_str(outcome.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(end["end"]["reason"], "shutdown");
}

#[test]
fn subscribe_fails_when_the_service_goes_away() {
    let scratch = Scratch::new();
    let service = service_with_flows(&scratch, 100);
    let port = service.client_port().to_string();
    let file = scratch.join("flows.jsonl");
    let args = ["--start", "earliest", "-o", file.to_str().unwrap()];
    let subscription = start(program(&scratch).args(subscribe(&port, &args)));
    let lines = || {
        std::fs::read_to_string(&file)
            .unwrap_or_default()
            .lines()
            .count()
    };
    let begun = std::time::Instant::now();
    while lines() < 100 && begun.elapsed() < crate::support::PATIENCE {
        std::thread::sleep(crate::support::LOOK);
    }
    service.end_by("KILL");
    let outcome = finish(subscription);
    assert!(outcome.failed(1).contains("went away") || outcome.error().contains("broke"));
    assert_eq!(lines(), 100, "what came is kept");
}

#[test]
fn subscribe_to_nobody_says_how_to_start_the_service() {
    let scratch = Scratch::new();
    let port = nobody().to_string();
    let outcome = run(&scratch, &subscribe(&port, &[]));
    let error = outcome.failed(1);
    assert!(
        error.contains(&port) && error.contains("flowstream run"),
        "{error}"
    );
}

#[test]
fn subscribe_tells_why_it_was_refused() {
    let scratch = Scratch::new();
    let service = Launch::new(&scratch, "data").start();
    let port = service.client_port().to_string();
    for (args, code) in [
        (["--start", "seq:9"], "out_of_range"),
        (["--features", "size"], "bad_feature"),
        (["--start", "yesterday"], "bad_start"),
    ] {
        let outcome = run(&scratch, &subscribe(&port, &args));
        assert!(outcome.failed(1).contains(code), "{outcome:?}");
    }
    let args = ["--format", "legacy", "--features", "bytes"];
    let outcome = run(&scratch, &subscribe(&port, &args));
    let error = outcome.failed(1);
    assert!(
        error.contains("fixed") && error.contains("leave features out"),
        "{error}"
    );
    service.end().assert_clean();
}

#[test]
fn generate_to_nobody_fails_and_says_so() {
    let scratch = Scratch::new();
    let to = UdpSocket::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string();
    let outcome = run(&scratch, &["generate", "--to", &to, "--count", "100"]);
    let error = outcome.failed(1);
    assert!(
        error.contains("nobody listens") && error.contains(&to),
        "{error}"
    );
}

#[test]
fn generate_to_another_machine_needs_leave() {
    let scratch = Scratch::new();
    let outcome = run(
        &scratch,
        &["generate", "--to", "192.0.2.1:2055", "--count", "1"],
    );
    let error = outcome.failed(2);
    assert!(
        error.contains("192.0.2.1") && error.contains("--allow-remote"),
        "{error}"
    );
}

#[test]
fn the_demo_runs_by_itself_and_adds_up() {
    let scratch = Scratch::new();
    let outcome = run(&scratch, &["demo", "--count", "6000", "--rate", "10000"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let row = |name: &str| {
        let mut rows = outcome.stdout.lines().filter(|line| line.starts_with(name));
        let count = rows
            .next()
            .and_then(|row| row[name.len()..].split_whitespace().next());
        count.unwrap().parse::<u64>().unwrap()
    };
    assert_eq!(row("records sent"), 6_000, "{}", outcome.stdout);
    assert_eq!(
        row("flows released"),
        row("flows at the client"),
        "{}",
        outcome.stdout
    );
    assert!(
        std::fs::read_dir(scratch.path()).unwrap().next().is_none(),
        "nothing is left"
    );
}

#[test]
fn the_demo_keeps_its_datasets_where_it_is_asked_to() {
    let scratch = Scratch::new();
    let args = ["demo", "--count", "300", "--rate", "max", "--keep", "kept"];
    let outcome = run(&scratch, &args);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let replay = Launch::new(&scratch, "again").replay_at_once(&scratch.join("kept/raw"));
    assert_eq!(replay.run().code, Some(0));
}

#[test]
fn wrong_usage_ends_with_2_and_says_what_would_be_right() {
    let scratch = Scratch::new();
    for args in [
        &["--frobnicate"][..],
        &["frobnicate"],
        &["generate", "--rate", "fast"],
        &["generate", "--protocol", "v4"],
        &["generate", "--ipv6", "1.5"],
        &["subscribe", "--format", "pickle"],
        &["subscribe", "--count", "-1"],
        &["demo", "--rate", "0"],
    ] {
        let outcome = run(&scratch, args);
        assert_eq!(
            (outcome.code, outcome.stdout.as_str()),
            (Some(2), ""),
            "{outcome:?}"
        );
        assert!(outcome.stderr.contains("--help"), "{outcome:?}");
    }
}

#[test]
fn help_and_version_go_to_standard_output() {
    let scratch = Scratch::new();
    let version = run(&scratch, &["--version"]);
    let expected = format!("flowstream {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!((version.code, version.stdout), (Some(0), expected));
    let help = run(&scratch, &["--help"]);
    for command in ["run", "check", "subscribe", "generate", "demo"] {
        assert!(help.stdout.contains(command), "{}", help.stdout);
    }
    assert_eq!((help.code, help.stderr.as_str()), (Some(0), ""));
}

/// How many packets of a capture tshark finds; those that fit a filter.
fn packets(tshark: &std::path::Path, capture: &std::path::Path, filter: &str) -> usize {
    let mut command = Command::new(tshark);
    command.arg("-r").arg(capture).args(["-Y", filter]);
    command.args([
        "-d",
        "udp.port==2055,cflow",
        "-T",
        "fields",
        "-e",
        "frame.number",
    ]);
    let outcome = finish(start(&mut command));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    outcome.stdout.lines().count()
}

#[test]
fn a_generated_capture_is_what_its_totals_say_and_right_for_tshark() {
    let scratch = Scratch::new();
    let capture = scratch.join("flows.pcap");
    let path = capture.to_str().unwrap();
    let args = [
        "generate",
        "--format",
        "json",
        "--pcap",
        path,
        "--to",
        "127.0.0.1:2055",
    ];
    let args = [&args[..], &["--protocol", "v5,v9,ipfix", "--count", "3000"]].concat();
    let outcome = run(&scratch, &args);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let totals: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let octets = std::fs::metadata(&capture).unwrap().len();
    // A file header, and for each datagram those of pcap, IPv4 and UDP.
    let expected = 24 + count(&totals, "datagrams") * (16 + 20 + 8);
    assert_eq!(octets, expected + count(&totals, "datagram_bytes"));
    let test = "a_generated_capture_is_what_its_totals_say_and_right_for_tshark";
    let Some(tshark) = tool("tshark", test) else {
        return;
    };
    let datagrams = usize::try_from(count(&totals, "datagrams")).unwrap();
    assert_eq!(packets(&tshark, &capture, "cflow"), datagrams);
    let wrong = "_ws.expert.severity >= 6291456 || _ws.malformed";
    assert_eq!(packets(&tshark, &capture, wrong), 0);
}
