//! The table of captures, and the page that it is.

use std::fmt::Write;

/// Our count, and those of others where they have one.
#[derive(Debug)]
pub(super) struct Against<const OTHERS: usize> {
    ours: u64,
    others: [Option<u64>; OTHERS],
}

impl<const OTHERS: usize> Against<OTHERS> {
    pub(super) const fn of(ours: u64, others: [Option<u64>; OTHERS]) -> Self {
        Self { ours, others }
    }

    fn differs(&self) -> bool {
        self.others
            .iter()
            .flatten()
            .any(|&other| other != self.ours)
    }

    /// The cells of a table.
    fn cells(&self) -> String {
        let other = |count: &Option<u64>| count.map_or("-".to_owned(), |count| count.to_string());
        let others = self.others.iter().map(other);
        let cells: Vec<String> = [self.ours.to_string()].into_iter().chain(others).collect();
        cells.join(" | ")
    }
}

/// A capture.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) path: String,
    pub(super) protocol: String,
    pub(super) datagrams: Against<1>,
    pub(super) flows: Against<2>,
    pub(super) options: Against<1>,
    pub(super) templates: Against<1>,
    pub(super) reasons: String,
    /// Why a count differs.
    pub(super) why: Option<&'static str>,
}

impl Row {
    pub(super) fn differs(&self) -> bool {
        self.datagrams.differs()
            || self.flows.differs()
            || self.options.differs()
            || self.templates.differs()
    }

    fn line(&self) -> String {
        format!(
            "| {} | {} | {} | {} | {} | {} | {} |",
            self.path,
            self.protocol,
            self.datagrams.cells(),
            self.flows.cells(),
            self.options.cells(),
            self.templates.cells(),
            self.reasons
        )
    }
}

const HEAD: &str = "\
# Captures

What flowstream finds in the captures of flow exports beside the project, against two independent
decoders: tshark 4.0.17 and nfdump 1.7.1, as the captures' manifest and full decodes give their counts. The
test `captures_give_what_independent_decoders_found_or_the_standard_says_why_not` makes this page, and fails
where it is not as it says:

```
cargo test -p decode captures -- --nocapture
FLOWSTREAM_WRITE_DOCS=1 cargo test -p decode captures       # writes it anew
```

Flows are the Flow Records that became flows; with sFlow, the others count flow samples. `-` is where a
decoder's output is not there, or was found wrong by whoever made it. Octets and packets are compared as well:
where no count differs, they are those of tshark or of nfdump, which scales them by the sampling rate. The last
column is what did not become a flow, by its reason (`src/decode/src/reason.rs`).

";

/// The page: where counts differ and why, then all captures.
pub(super) fn page(rows: &[Row]) -> String {
    let mut page = HEAD.to_owned();
    let explained: Vec<(&Row, &str)> = rows
        .iter()
        .filter_map(|row| row.why.map(|why| (row, why)))
        .collect();
    let same = rows.len() - explained.len();
    writeln!(
        page,
        "Of {} captures, {same} have the same counts by all.\n",
        rows.len()
    )
    .unwrap();
    page.push_str("## Where counts differ\n\n| capture | why |\n|---|---|\n");
    for (row, why) in explained {
        writeln!(page, "| {} | {why} |", row.path).unwrap();
    }
    page.push_str(
        "\n## All captures\n\n\
         | capture | protocol | datagrams | manifest | flows | tshark | nfdump | options | tshark \
         | templates | tshark | not a flow |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        writeln!(page, "{}", row.line()).unwrap();
    }
    page
}
