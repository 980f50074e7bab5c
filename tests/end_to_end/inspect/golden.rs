//! The output for a small capture of each protocol, as it is kept beside this file. With
//! `FLOWSTREAM_GOLDEN=write` the files are written anew, to be looked at before they are
//! taken over.

use std::fs;
use std::path::Path;

use super::{inspect, made};
use crate::support::Scratch;

/// Asserts that an output is the one that is kept.
fn assert_golden(name: &str, output: &str) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/end_to_end/inspect/golden");
    let path = directory.join(name);
    if std::env::var_os("FLOWSTREAM_GOLDEN").is_some_and(|value| value == "write") {
        fs::write(&path, output).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap();
    for (line, golden) in output.lines().zip(golden.lines()) {
        assert_eq!(line, golden, "{name}");
    }
    assert_eq!(output.lines().count(), golden.lines().count(), "{name}");
}

#[test]
fn both_formats_of_each_protocol_are_as_they_are_kept() {
    let scratch = Scratch::new();
    for (protocol, messages) in [
        ("v1", made::v1()),
        ("v5", made::v5()),
        ("v7", made::v7()),
        ("v9", made::v9_messages()),
        ("ipfix", made::ipfix_messages()),
        ("sflow", made::sflow()),
    ] {
        let name = format!("{protocol}.pcap");
        scratch.file(&name, made::pcap(&made::datagrams(&messages)));
        for (format, ending) in [("jsonl", "jsonl"), ("table", "txt")] {
            let outcome = inspect(&scratch, Path::new(&name), &["--format", format]);
            assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""), "{name}");
            assert_golden(&format!("{protocol}.{ending}"), &outcome.stdout);
        }
    }
}
