//! `inspect`: what a file holds, in both formats.

mod elements;
mod golden;
mod made;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::support::program::{Outcome, finish, program, run, start};
use crate::support::{Launch, Scratch};

/// Runs `inspect` on a file.
fn inspect(scratch: &Scratch, file: &Path, args: &[&str]) -> Outcome {
    let file = file.to_str().unwrap();
    run(scratch, &[&["inspect", file][..], args].concat())
}

/// Runs `inspect` on standard input.
fn inspect_stdin(scratch: &Scratch, input: &[u8], args: &[&str]) -> Outcome {
    let mut command = program(scratch);
    command
        .args(["inspect", "-"])
        .args(args)
        .stdin(Stdio::piped());
    let mut child = start(&mut command);
    // A program that has seen enough reads no more.
    drop(child.stdin.take().unwrap().write_all(input));
    finish(child)
}

/// The lines of an output, each an object.
fn lines(outcome: &Outcome) -> Vec<Value> {
    let lines = outcome.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The lines of a kind.
fn of_kind<'a>(lines: &'a [Value], kind: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["kind"] == kind).collect()
}

/// The summary of the file.
fn summary(lines: &[Value]) -> &Value {
    let last = lines.last().unwrap();
    assert_eq!(
        (&last["kind"], &last["of"]),
        (&"summary".into(), &"file".into())
    );
    last
}

/// The output without what names the file and its form.
fn without_the_file(outcome: &Outcome) -> String {
    let mut lines: Vec<&str> = outcome.stdout.lines().collect();
    lines.pop();
    lines.join("\n")
}

#[test]
fn the_same_messages_are_told_alike_whatever_holds_them() {
    let scratch = Scratch::new();
    let packets = made::datagrams(&made::v9_messages());
    let (pcap, pcapng) = (made::pcap(&packets), made::pcapng(&packets));
    let plain = inspect(&scratch, &scratch.file("a.pcap", &pcap), &[]);
    assert_eq!(plain.code, Some(0), "{plain:?}");
    let expected = without_the_file(&plain);
    assert!(expected.lines().count() > 5);
    for (name, file) in [
        ("a.pcapng", pcapng.clone()),
        ("a.pcap.zst", made::zstd(&pcap)),
        ("a.pcapng.zst", made::zstd(&pcapng)),
    ] {
        let outcome = inspect(&scratch, &scratch.file(name, &file), &[]);
        assert_eq!(outcome.code, Some(0), "{name}: {outcome:?}");
        assert_eq!(without_the_file(&outcome), expected, "{name}");
        let compressed = summary(&lines(&outcome))["compressed"].clone();
        assert_eq!(compressed, name.ends_with(".zst"), "{name}");
        let outcome = inspect_stdin(&scratch, &file, &[]);
        assert_eq!(without_the_file(&outcome), expected, "{name}");
    }
}

#[test]
fn a_raw_datagram_is_one_message_and_has_its_export_time() {
    let scratch = Scratch::new();
    let file = scratch.file("datagram", &made::v5()[0]);
    let outcome = inspect(&scratch, &file, &[]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let lines = lines(&outcome);
    let records = of_kind(&lines, "record");
    assert_eq!(records.len(), 2);
    assert_eq!(records[0]["source"], Value::Null);
    assert_eq!(records[0]["exported"], "2023-11-14T22:13:20.250000000Z");
    assert_eq!(
        records[0]["flow"]["end_seen_ms"],
        u64::from(made::EXPORTED) * 1_000 - 4_000
    );
    assert_eq!(summary(&lines)["form"], "datagram");
}

#[test]
fn a_row_of_ipfix_messages_is_cut_by_their_lengths_and_a_cut_one_is_told() {
    let scratch = Scratch::new();
    let fields = [(8, 4), (12, 4), (1, 4)];
    let template = made::ipfix(0, &[made::set(2, &made::template(256, &fields))]);
    let data = made::ipfix(0, &[made::set(256, &[1; 24])]);
    let withdrawal = made::ipfix(2, &[made::set(2, &[1, 0, 0, 0])]);
    let row = [&template[..], &data, &withdrawal, &data].concat();
    let outcome = inspect(&scratch, &scratch.file("row.ipfix", &row), &[]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let told = lines(&outcome);
    assert_eq!(of_kind(&told, "record").len(), 2);
    assert_eq!(of_kind(&told, "template")[1]["state"], "withdrawn");
    assert_eq!(of_kind(&told, "error")[0]["reason"], "no_template");
    assert_eq!(summary(&told)["form"], "messages");

    let cut = &row[..row.len() - 5];
    let outcome = inspect(&scratch, &scratch.file("cut.ipfix", cut), &[]);
    let error = outcome.failed(1);
    assert!(
        error.contains("end after 39 octets of a message"),
        "{error}"
    );
    let told = lines(&outcome);
    assert_eq!(
        of_kind(&told, "record").len(),
        2,
        "what came before is printed"
    );
    assert_eq!(
        of_kind(&told, "error")[0]["offset"],
        template.len() + data.len() + withdrawal.len()
    );
    assert_eq!(summary(&told)["whole"], false);
}

#[test]
fn ipfix_over_tcp_in_a_capture_is_followed_stream_by_stream() {
    let scratch = Scratch::new();
    let fields = [(8, 4), (12, 4), (1, 4)];
    let template = made::ipfix(0, &[made::set(2, &made::template(256, &fields))]);
    let data = made::ipfix(0, &[made::set(256, &[1; 24])]);
    let row = [&template[..], &data, &data[..20]].concat();
    let (first, rest) = row.split_at(10);
    let file = scratch.file("tcp.pcap", made::pcap(&made::stream(&[first, rest])));
    let outcome = inspect(&scratch, &file, &[]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let told = lines(&outcome);
    let records = of_kind(&told, "record");
    assert_eq!(records.len(), 2);
    assert_eq!(records[0]["source"], "192.0.2.1:50001");
    let error = of_kind(&told, "error")[0];
    assert_eq!(
        (&error["reason"], &error["offset"]),
        (&"stream".into(), &(template.len() + data.len()).into())
    );
    assert_eq!(summary(&told)["packets"]["streams"], 1);

    let other = scratch.file(
        "http.pcap",
        made::pcap(&made::stream(&[b"GET / HTTP/1.1\r\n", b"x"])),
    );
    let told = lines(&inspect(&scratch, &other, &[]));
    assert_eq!(of_kind(&told, "error").len(), 1, "once for a stream");
    assert!(told[0]["error"].as_str().unwrap().contains("version 18245"));
}

#[test]
fn a_capture_that_breaks_off_says_where_and_what_came_before_is_printed() {
    let scratch = Scratch::new();
    let packets = made::datagrams(&made::v5());
    let file = made::pcap(&packets);
    let cut = &file[..file.len() - 10];
    let outcome = inspect(&scratch, &scratch.file("cut.pcap", cut), &[]);
    let error = outcome.failed(1);
    let offset = 24 + 16 + packets[0].len() + 16;
    assert!(
        error.contains(&format!("at offset {offset}: packet has")),
        "{error}"
    );
    let told = lines(&outcome);
    assert_eq!(of_kind(&told, "record").len(), 2);
    assert_eq!(of_kind(&told, "error").last().unwrap()["offset"], offset);

    let compressed = made::zstd(&file);
    let cut = &compressed[..compressed.len() - 10];
    let outcome = inspect(&scratch, &scratch.file("cut.zst", cut), &[]);
    outcome.failed(1);
    assert_eq!(summary(&lines(&outcome))["whole"], false);
}

#[test]
fn what_is_no_capture_and_no_datagram_is_refused_with_what_would_be_right() {
    let scratch = Scratch::new();
    for (name, content) in [("text", &b"hello\n"[..]), ("empty", b""), ("one", b"\x05")] {
        let outcome = inspect(&scratch, &scratch.file(name, content), &[]);
        let error = outcome.failed(1);
        assert!(
            error.contains("neither a pcap or pcapng file nor a datagram"),
            "{error}"
        );
    }
    let large = scratch.file("large", vec![7; 70_000]);
    let outcome = inspect(&scratch, &large, &[]);
    assert!(outcome.failed(1).contains("octets beyond 65535"));
    let absent = inspect(&scratch, &scratch.join("absent"), &[]);
    assert!(absent.failed(1).contains("cannot read"));
    let link = [&made::pcap(&[])[..20], &[0xAA, 0, 0, 0]].concat();
    let outcome = inspect(&scratch, &scratch.file("link.pcap", link), &[]);
    assert!(outcome.failed(1).contains("link type is 170, expected"));
    let usage = inspect(&scratch, &large, &["--only", "everything"]);
    assert_eq!(usage.code, Some(2));
}

#[test]
fn what_is_printed_can_be_chosen_and_ended() {
    let scratch = Scratch::new();
    let packets = made::datagrams(&made::v9_messages());
    let file = scratch.file("a.pcap", made::pcap(&packets));
    let kinds = |args: &[&str]| {
        let lines = lines(&inspect(&scratch, &file, args));
        let kinds = lines
            .iter()
            .map(|line| line["kind"].as_str().unwrap().to_owned());
        kinds.collect::<Vec<_>>()
    };
    assert_eq!(kinds(&["--only", "options"]), ["options"]);
    assert_eq!(
        kinds(&["--only", "template,error"]),
        ["error", "template", "error", "template", "error"]
    );
    assert_eq!(
        kinds(&["--only", "record", "--count", "2"]),
        ["record", "record"]
    );
    assert_eq!(
        kinds(&["--count", "1", "--only", "record,summary"]),
        ["record", "summary", "summary"]
    );
    assert_eq!(kinds(&["--count", "0"]), ["summary"]);
}

#[test]
fn b117_no_text_of_an_exporter_steers_the_terminal() {
    let scratch = Scratch::new();
    let packets = made::datagrams(&made::v9_messages());
    let file = scratch.file("a.pcap", made::pcap(&packets));
    let jsonl = inspect(&scratch, &file, &[]);
    assert!(jsonl.stdout.contains("\\u001b[2Jeth0"));
    let table = inspect(&scratch, &file, &["--format", "table"]);
    assert!(table.stdout.contains("\\u{1b}[2Jeth0"));
    for outcome in [jsonl, table] {
        let hostile = |c: char| c.is_control() && c != '\n';
        assert!(!outcome.stdout.contains(hostile));
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let scratch = Scratch::new();
    let all: Vec<Vec<u8>> = (0..2_000).flat_map(|_| made::v5()).collect();
    let file = scratch.file("many.pcap", made::pcap(&made::datagrams(&all)));
    let mut command = program(&scratch);
    let mut child = start(command.arg("inspect").arg(&file));
    drop(child.stdout.take());
    let outcome = finish(child);
    assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""));
}

#[test]
fn what_generate_writes_is_inspected_to_exactly_its_counts() {
    let scratch = Scratch::new();
    let args = [
        "--protocol",
        "v5,v9,ipfix",
        "--count",
        "3000",
        "--seed",
        "7",
        "--format",
        "json",
    ];
    let generated = run(
        &scratch,
        &[&["generate", "--pcap", "made.pcap"][..], &args].concat(),
    );
    assert_eq!(generated.code, Some(0), "{generated:?}");
    let totals: Value = serde_json::from_str(&generated.stdout).unwrap();
    let outcome = inspect(&scratch, &scratch.join("made.pcap"), &[]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let told = lines(&outcome);
    let records = of_kind(&told, "record");
    assert_eq!(records.len(), 3_000);
    assert_eq!(summary(&told)["flows"], totals["records"]);
    assert_eq!(summary(&told)["templates"], totals["templates"]);
    assert_eq!(of_kind(&told, "error").len(), 0);
    for (field, total) in [("packets", "packets"), ("bytes", "bytes")] {
        let sum = records
            .iter()
            .map(|record| record["flow"][field].as_u64().unwrap());
        assert_eq!(Value::from(sum.sum::<u64>()), totals[total], "{field}");
    }
    let lost = told.iter().filter(|line| line["of"] == "exporter");
    assert!(lost.clone().count() >= 3);
    assert!(
        lost.map(|line| &line["sequence"]["lost"])
            .all(|lost| *lost == 0)
    );
}

#[test]
fn a_raw_dataset_is_inspected_by_its_directory_and_by_a_segment() {
    let scratch = Scratch::new();
    let service = Launch::new(&scratch, "data").with_short_timeouts().start();
    let args = ["--count", "500", "--rate", "5000", "--protocol", "v9,ipfix"];
    crate::support::program::generate(&scratch, service.exporter_port(), &args);
    service.end().assert_clean();
    let directory = inspect(&scratch, &scratch.join("data"), &[]);
    assert_eq!(directory.code, Some(0), "{directory:?}");
    assert_eq!(summary(&lines(&directory))["flows"], 500);
    let segments = crate::support::files::segments(&scratch.join("data/raw"));
    assert_eq!(segments.len(), 1, "all of it");
    let name = segments.keys().next().unwrap();
    let segment = inspect(&scratch, &scratch.join("data/raw").join(name), &[]);
    assert_eq!(without_the_file(&segment), without_the_file(&directory));
    let prepared = inspect(&scratch, &scratch.join("data/prepared"), &[]);
    assert!(prepared.failed(1).contains("holds prepared flows"));
}

#[test]
fn streams_that_the_service_recorded_are_inspected_as_they_came() {
    let scratch = Scratch::new();
    let launch = Launch::new(&scratch, "data").with_short_timeouts();
    let service = launch
        .set("receiver.listen_tcp", r#"["127.0.0.1:0"]"#)
        .start();
    let fields = [(8, 4), (12, 4), (1, 4)];
    let template = made::ipfix(0, &[made::set(2, &made::template(256, &fields))]);
    let data = made::ipfix(0, &[made::set(256, &[1; 24])]);
    let mut stream = TcpStream::connect(service.tcp_port()).unwrap();
    let source = stream.local_addr().unwrap().to_string();
    stream.write_all(&[template, data].concat()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    // The service closes its side once it has taken in all.
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    service.end().assert_clean();
    let outcome = inspect(&scratch, &scratch.join("data/raw"), &[]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let told = lines(&outcome);
    assert_eq!(of_kind(&told, "template").len(), 1);
    let records = of_kind(&told, "record");
    assert_eq!(records.len(), 2);
    assert!(records.iter().all(|record| record["source"] == *source));
    assert_eq!(of_kind(&told, "error").len(), 0);
    assert_eq!(summary(&told)["packets"]["streams"], 1);
}

#[test]
fn rows_of_a_table_are_held_back_no_further_than_their_limit() {
    let scratch = Scratch::new();
    let many: Vec<Vec<u8>> = (0..600).map(|_| made::v5().remove(0)).collect();
    let file = scratch.file("many.pcap", made::pcap(&made::datagrams(&many)));
    let outcome = inspect(&scratch, &file, &["--format", "table", "--only", "record"]);
    let titles = outcome
        .stdout
        .lines()
        .filter(|line| line.starts_with("records, "));
    assert_eq!(titles.count(), 3, "of 1,200 records, 500 at a time");
}
