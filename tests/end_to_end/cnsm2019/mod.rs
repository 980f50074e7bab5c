//! The profile that behaves as the original system of 2019 does, in the real program, and
//! what the defaults make of the same records.

mod cases;
mod columns;
mod correct;
mod vectors;

use std::path::Path;

use crate::support::exporter::Exporter;
use crate::support::program::{finish, program, start};
use crate::support::v5::{self, Record};
use crate::support::{Ended, Launch, Scratch, Service};

/// A row of the 36 columns, by their names.
struct Row<'a> {
    header: &'a str,
    line: &'a str,
}

impl<'a> Row<'a> {
    /// A cell as it stands there.
    fn text(&self, column: &str) -> &'a str {
        let at = self.header.split(',').position(|name| name == column);
        let cell = self.line.split(',').nth(at.unwrap());
        cell.unwrap_or_else(|| panic!("no {column} in {}", self.line))
    }

    /// A cell as a number.
    fn number<T: std::str::FromStr>(&self, column: &str) -> T {
        let text = self.text(column);
        let number = text.parse();
        number.unwrap_or_else(|_| panic!("`{text}` is no number of {column}"))
    }
}

/// All that a client got, line by line: the header, rows, and the end.
struct Legacy(String);

impl Legacy {
    fn rows(&self) -> Vec<Row<'_>> {
        let (header, rows) = self.0.split_once('\n').unwrap();
        let rows = rows.lines().filter(|line| !line.starts_with('#'));
        rows.map(|line| Row { header, line }).collect()
    }
}

/// The profile, with blocks of so many records.
fn profile<'a>(scratch: &'a Scratch, data: &str, block_records: usize) -> Launch<'a> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("settings/cnsm2019.toml");
    Launch::new(scratch, data)
        .with_file(&file)
        .set("aggregator.blocks.records", &block_records.to_string())
}

/// What `flowstream subscribe --format legacy` gets of a service while `send` sends to it,
/// until the service is told to end.
fn subscribed(scratch: &Scratch, service: Service, send: impl FnOnce(&Service)) -> (Legacy, Ended) {
    let port = service.client_port().to_string();
    let args = ["subscribe", &port, "--format", "legacy"];
    let client = start(program(scratch).args(args));
    service.wait_for_message("session begins");
    send(&service);
    let ended = service.end();
    let outcome = finish(client);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let end = outcome.stdout.lines().last().unwrap();
    assert!(
        end.starts_with("# end ") && end.ends_with("reason=shutdown"),
        "{end}"
    );
    (Legacy(outcome.stdout), ended)
}

/// Sends a datagram of these records from an address of the loopback network.
fn send(service: &Service, from: &str, sequence: u32, records: &[Record]) {
    let exporter = Exporter::at(from, service.exporter_port());
    exporter.send(&v5::datagram(sequence, records));
}
