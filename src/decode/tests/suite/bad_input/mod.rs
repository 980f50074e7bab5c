//! The catalogue of bad input, B001 to B118: what other collectors fell over. It is kept
//! as `docs/bad-input.md`.

mod elsewhere;
mod fixed;
mod floods;
mod framing;
mod identity;
mod meaning;
mod records;
mod sessions;
mod sflow;
mod templates;
mod time;

use std::collections::BTreeSet;

use crate::pages::assert_page;
use crate::table::{Case, Seen, assert_all, assert_covers, case, page};

const HEAD: &str = "\
# Bad input

What other collectors fell over, and what flowstream makes of it: 118 cases, each a row or more of a table that
`cargo test -p decode` runs, or a test of another part. Each row is sent by an exporter that has sent good
templates before, beside a neighbour that has too. After it the flows and counts are exactly those named, the
counters add up, nothing has panicked, and the neighbour's data are decoded. The reasons are those of
`src/decode/src/reason.rs`. `FLOWSTREAM_WRITE_DOCS=1 cargo test -p decode` writes this page anew.
";

fn cases() -> Vec<Case> {
    let sections = [
        framing::cases(),
        templates::cases(),
        records::cases(),
        identity::cases(),
        sessions::cases(),
        time::cases(),
        meaning::cases(),
        floods::cases(),
        fixed::cases(),
        sflow::cases(),
    ];
    sections.into_iter().flatten().collect()
}

#[test]
fn no_bad_input_of_the_catalogue_does_harm_or_goes_uncounted() {
    assert_all(&cases());
}

#[test]
fn every_case_of_the_catalogue_has_a_row_or_a_test_elsewhere() {
    let expected: BTreeSet<String> = (1..=118).map(|number| format!("B{number:03}")).collect();
    assert_covers(&expected, &cases(), &elsewhere::CASES);
    assert_page("bad-input.md", &page(HEAD, &mut cases(), &elsewhere::CASES));
}
