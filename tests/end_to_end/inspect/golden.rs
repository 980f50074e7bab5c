//! The output for a small capture of each protocol, as it is kept beside this file.

use std::path::Path;

use super::{inspect, made};
use crate::support::Scratch;
use crate::support::golden::assert_golden;

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
            assert_golden("inspect", &format!("{protocol}.{ending}"), &outcome.stdout);
        }
    }
}
