//! The sums at the end.

use decode::Elements;

use crate::cli::grid::Grid;
use crate::cli::inspect::summary::{OfExporter, OfFile, Who, packets};

/// The title of an exporter's sums.
pub(super) fn title_of(who: &Who) -> String {
    let addr = who
        .addr
        .map_or_else(|| "no source".to_owned(), |addr| addr.to_string());
    let protocol = who
        .protocol
        .map_or_else(|| "no protocol".to_owned(), |p| p.to_string());
    let domain = who
        .domain
        .map_or_else(String::new, |domain| format!(", domain {domain}"));
    format!("exporter {addr}, {protocol}{domain}")
}

/// The sums of an exporter. What is 0 and goes without saying is left out.
pub(super) fn exporter(row: &OfExporter, elements: &Elements) -> Grid {
    let mut grid = Grid::new(["what", "sum", "of"]);
    let mut sum = |what: &str, number: u64, of: &str| grid.push([what, &number.to_string(), of]);
    sum("messages", row.messages, "");
    sum("octets", row.octets, "");
    sum("rejected", row.rejected, "");
    sum("templates", row.templates, "");
    sum("options", row.options, "");
    sum("flows", row.flows, "");
    let sequence = row.sequence;
    sum("lost by sequence", sequence.missing(), "");
    for (what, number) in [
        ("reordered", sequence.reordered),
        ("duplicated", sequence.duplicated),
        ("restarted", sequence.restarted),
        ("unconfirmed jumps", sequence.unconfirmed),
    ] {
        if number > 0 {
            sum(what, number, "");
        }
    }
    for (rate, flows) in &row.rates {
        sum("sampled", *flows, &format!("flows, 1 in {rate}"));
    }
    for (reason, events) in &row.reasons {
        sum("reason", *events, reason);
    }
    for (&(enterprise, id), values) in &row.unknown {
        sum("unknown element", *values, &elements.name(enterprise, id));
    }
    if row.more_unknown > 0 {
        sum("further unknown elements", row.more_unknown, "");
    }
    grid
}

/// The sums of a file.
pub(super) fn file(file: &OfFile) -> Grid {
    let mut grid = Grid::new(["what", "sum"]);
    let form = if file.compressed {
        format!("{} (zstd)", file.form)
    } else {
        file.form.to_owned()
    };
    grid.push(["file", &file.path]);
    grid.push(["form", &form]);
    grid.push(["read to its end", if file.whole { "yes" } else { "no" }]);
    let mut sum = |what: &str, number: u64| grid.push([what, &number.to_string()]);
    sum("messages", file.messages);
    sum("rejected", file.rejected);
    sum("templates", file.templates);
    sum("options", file.options);
    sum("flows", file.flows);
    sum(
        "sets whose template did not come",
        u64::try_from(file.waiting).unwrap_or(u64::MAX),
    );
    if file.stream_faults > 0 {
        sum("streams out of step or cut off", file.stream_faults);
    }
    if file.left_out > 0 {
        sum("left out by a limit", file.left_out);
    }
    for (what, number) in file.packets.iter().flat_map(packets) {
        if number > 0 {
            sum(&format!("packets: {what}"), number);
        }
    }
    grid
}
