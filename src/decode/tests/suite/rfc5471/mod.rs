//! The tests of RFC 5471 for a collector, T01 to T36, as RFC 7011 corrects them. They are
//! kept as `docs/rfc5471.md`.

mod data;
mod elsewhere;
mod errors;
mod load;
mod options;
mod templates;

use std::collections::BTreeSet;

use decode::explain::{Record, Value};

use crate::pages::assert_page;
use crate::table::{Case, assert_all, assert_covers, page};

const HEAD: &str = "\
# RFC 5471

The tests that RFC 5471 lists for a collector, each a row or more of a table that `cargo test -p decode` runs, or a
test over real sockets: all of 36. Rows are sent beside a neighbour, whose data are decoded afterwards; the flows and
counts are exactly those named. Left out are the variants over SCTP and DTLS, which flowstream does not speak.

Where RFC 7011 says otherwise than RFC 5471, it is followed:

- T07, T08: a withdrawal of an unknown template is ignored and counted, and the session goes on (8.1).
- T28: malformed messages are discarded; the stream is closed after some in a row, not after the first (9.1).
- T28: an element with a length that it cannot have is not read, and counted; the rest of its record is (9.1 does not
  name it as malformed, and exporters send such lengths).
- T31: the same template again over a stream is no error (8.1).
- T32: another definition without a withdrawal is one; what the data mean is no longer known, so the stream is closed
  (8.1 leaves that open).

`FLOWSTREAM_WRITE_DOCS=1 cargo test -p decode` writes this page anew.
";

const LAST: usize = 36;

fn cases() -> Vec<Case> {
    let sections = [
        data::cases(),
        templates::cases(),
        options::cases(),
        load::cases(),
        errors::cases(),
    ];
    sections.into_iter().flatten().collect()
}

#[test]
fn every_test_of_rfc_5471_for_a_collector_passes() {
    assert_all(&cases());
}

#[test]
fn every_test_of_rfc_5471_for_a_collector_has_a_row_or_a_test_elsewhere() {
    let expected: BTreeSet<String> = (1..=LAST).map(|number| format!("T{number:02}")).collect();
    assert_covers(&expected, &cases(), &elsewhere::CASES);
    assert_page("rfc5471.md", &page(HEAD, &mut cases(), &elsewhere::CASES));
}

/// The values of a field in all records that have it, in order.
fn values<'a>(records: &'a [Record], name: &str) -> Vec<&'a Value> {
    let of = |record: &'a Record| {
        let fields = record.layout.fields.iter().zip(&record.values);
        let named = fields.filter(|(field, _)| &*field.name == name);
        named.map(|(_, value)| value).collect::<Vec<_>>()
    };
    records.iter().flat_map(of).collect()
}

/// The names of the fields of a record, in order.
fn names(record: &Record) -> Vec<&str> {
    let fields = record.layout.fields.iter();
    fields.map(|field| &*field.name).collect()
}
