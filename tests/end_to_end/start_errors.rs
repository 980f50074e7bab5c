//! A service that cannot start says why, where, and what to do, in one line.

use std::fs::{self, Permissions};
use std::net::{TcpListener, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::exporter::{Exporter, Sample, v5};
use crate::support::program::run;
use crate::support::{Launch, Scratch};

/// The service ends with this code and one error line that contains all these texts.
fn assert_refused(launch: &Launch<'_>, code: i32, texts: &[&str]) {
    let outcome = launch.run();
    let error = outcome.failed(code);
    for text in texts {
        assert!(error.contains(text), "no `{text}` in: {error}");
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_udp_port_in_use_is_named_with_the_setting_to_change() {
    let scratch = Scratch::new();
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let listen = format!("[\"{address}\"]");
    let launch = Launch::new(&scratch, "data").set("receiver.listen", &listen);
    assert_refused(&launch, 1, &["udp", &address, "another process", "listen"]);
}

#[test]
fn a_tcp_port_in_use_is_named_with_the_setting_to_change() {
    let scratch = Scratch::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let listen = format!("[\"{address}\"]");
    let launch = Launch::new(&scratch, "data").set("clients.listen", &listen);
    assert_refused(&launch, 1, &["tcp", &address, "another process", "listen"]);
}

#[test]
fn a_directory_that_cannot_be_made_is_named_with_its_setting() {
    let scratch = Scratch::new();
    let file = scratch.file("file", "");
    let below = file.join("data");
    let launch = Launch::new(&scratch, text(&below)).without_anonymization();
    assert_refused(&launch, 1, &[text(&below), "recorder.directory"]);
    // The key is looked for there first, where there is one.
    let launch = Launch::new(&scratch, text(&below));
    assert_refused(&launch, 1, &[text(&below), "recorder.directory"]);
}

#[test]
fn a_second_service_on_a_directory_is_refused() {
    let scratch = Scratch::new();
    let first = Launch::new(&scratch, "data").start();
    let second = Launch::new(&scratch, "data");
    assert_refused(
        &second,
        1,
        &["data/", "another process", "recorder.directory"],
    );
    first.end().assert_clean();
}

#[test]
fn a_missing_database_is_named_with_what_it_should_hold() {
    let scratch = Scratch::new();
    for (key, kind) in [("country", "country"), ("city", "city"), ("asn", "ASN")] {
        let path = scratch.join("nothing.mmdb");
        let launch = Launch::new(&scratch, "data").set(&format!("enricher.{key}"), text(&path));
        assert_refused(&launch, 1, &[text(&path), "no such file", kind]);
    }
}

#[test]
fn a_corrupt_database_is_named_with_what_was_found_in_it() {
    let scratch = Scratch::new();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("db/fixture/country.mmdb");
    let whole = fs::read(fixture).unwrap();
    let cut = scratch.file("cut.mmdb", &whole[..whole.len() / 2]);
    let text_file = scratch.file("text.mmdb", "no database");
    let empty = scratch.file("empty.mmdb", "");
    for path in [&cut, &text_file, &empty] {
        let launch = Launch::new(&scratch, "data").set("enricher.country", text(path));
        assert_refused(&launch, 1, &[text(path), "found", "expected"]);
    }
}

#[test]
fn a_broken_row_is_named_with_its_file_and_line() {
    let scratch = Scratch::new();
    let prefixes = scratch.file("own.csv", "prefix,name\n10.0.0.0/8,lab\n10.1.0.0/99,x\n");
    let launch = Launch::new(&scratch, "data").set("enricher.private_prefixes", text(&prefixes));
    assert_refused(
        &launch,
        1,
        &[text(&prefixes), "line 3", "10.1.0.0/99", "expected"],
    );
    let vlans = scratch.file("vlans.csv", "10.0.0.0/8,5000\n");
    let launch = Launch::new(&scratch, "data").set("enricher.private_prefixes_vlans", text(&vlans));
    assert_refused(&launch, 1, &[text(&vlans), "line 1", "5000", "4094"]);
}

#[test]
fn a_key_file_of_the_wrong_length_is_refused_and_kept() {
    let scratch = Scratch::new();
    let key = scratch.file("key", [7; 31]);
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    let launch = Launch::new(&scratch, "data").set("anonymizer.key_file", text(&key));
    assert_refused(&launch, 1, &[text(&key), "31", "32", "restore the key"]);
    assert_eq!(fs::read(&key).unwrap(), [7; 31]);
}

#[test]
fn a_key_file_that_others_may_read_is_refused_with_the_command_that_helps() {
    let scratch = Scratch::new();
    let key = scratch.file("key", [7; 32]);
    fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    let launch = Launch::new(&scratch, "data").set("anonymizer.key_file", text(&key));
    assert_refused(&launch, 1, &[text(&key), "0644", "chmod 600"]);
}

#[test]
fn an_unknown_key_is_named_with_its_file_and_line() {
    let scratch = Scratch::new();
    let site = scratch.file("site.toml", "[receiver]\n\nlistn = []\n");
    let outcome = run(&scratch, &["run", "-c", text(&site)]);
    let error = outcome.failed(78);
    let place = format!("{}:3", text(&site));
    for text in [&place, "receiver.listn", "receiver.listen"] {
        assert!(error.contains(text), "no `{text}` in: {error}");
    }
    assert!(
        !scratch.join("data").try_exists().unwrap(),
        "nothing was begun"
    );
}

#[test]
fn several_wrong_settings_are_each_told() {
    let scratch = Scratch::new();
    let args = ["--set", "log.level=loud", "--set", "pipeline.lanes=0"];
    let outcome = run(&scratch, &args);
    assert_eq!(outcome.code, Some(78));
    let errors = outcome
        .stderr
        .lines()
        .filter(|line| line.starts_with("error: "));
    assert_eq!(errors.count(), 2, "{outcome:?}");
}

#[test]
fn clients_from_elsewhere_are_refused_while_they_need_no_token() {
    let scratch = Scratch::new();
    let launch = Launch::new(&scratch, "data").set("clients.listen", r#"["0.0.0.0:0"]"#);
    assert_refused(&launch, 78, &["clients.listen", "0.0.0.0", "insecure"]);
}

#[test]
fn a_replay_of_no_dataset_is_refused_with_an_example() {
    let scratch = Scratch::new();
    for name in ["nothing", "empty", "other"] {
        let directory = scratch.join(name);
        if name != "nothing" {
            fs::create_dir(&directory).unwrap();
        }
        if name == "other" {
            fs::write(directory.join("notes.csv.zst"), "no segment").unwrap();
        }
        let launch = Launch::new(&scratch, "data").replay(&directory);
        assert_refused(&launch, 1, &[text(&directory), "no segments", "data/raw"]);
    }
}

#[test]
fn a_replay_of_a_damaged_dataset_is_refused_with_its_segment() {
    let scratch = Scratch::new();
    let directory = scratch.join("raw");
    fs::create_dir(&directory).unwrap();
    let name = "00000000000000000000.pcapng.zst";
    fs::write(directory.join(name), [0; 1_000]).unwrap();
    let launch = Launch::new(&scratch, "data").replay(&directory);
    assert_refused(&launch, 1, &[name]);
}

#[test]
fn a_replay_into_a_dataset_that_is_there_is_refused() {
    let scratch = Scratch::new();
    let service = Launch::new(&scratch, "data").start();
    let exporter = Exporter::at("127.0.0.1", service.exporter_port());
    exporter.send(&v5(0, &[Sample(1)]));
    service.end().assert_clean();
    let raw = scratch.join("data/raw");
    let copy = Launch::new(&scratch, "other").replay_at_once(&raw);
    let outcome = copy.run();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_refused(
        &copy,
        1,
        &["other/prepared", "already", "recorder.directory"],
    );
}
