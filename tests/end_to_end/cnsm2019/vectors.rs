//! The vectors of the original: what it was seen to make of records.

use serde_json::json;

use crate::support::v5::{BEGIN_MS, Record};
use crate::support::{Client, Scratch, Service};

use super::cases::{Case, ICMP, Row, cases, port};
use super::{Legacy, profile, send, subscribed};

/// Sends all cases: first what the second exporter reports.
pub(super) fn send_all(service: &Service, cases: &[Case]) {
    let all = |of: fn(&Case) -> &[Record]| cases.iter().flat_map(of).copied().collect::<Vec<_>>();
    send(service, "127.0.0.3", 0, &all(|case| &case.elsewhere));
    send(service, "127.0.0.2", 0, &all(|case| &case.records));
}

pub(super) fn count_records(cases: &[Case]) -> usize {
    let records = cases
        .iter()
        .map(|case| case.records.len() + case.elsewhere.len());
    records.sum()
}

/// The rows of a case, which has this number.
fn rows_of(received: &Legacy, number: usize, case: &Case) -> Vec<Row> {
    let is_of_case = |row: &&super::Row<'_>| match case.records[0].protocol {
        ICMP => row.text("protocol") == "1",
        _ => row.number::<u16>("src_port") == port(number),
    };
    let since_begin = |row: &super::Row<'_>, column| row.number::<u64>(column) - BEGIN_MS;
    let rows = received.rows();
    let rows = rows.iter().filter(is_of_case).map(|row| {
        (
            row.number("packets"),
            row.number("bytes"),
            since_begin(row, "first_switched_ts"),
            since_begin(row, "last_switched_ts"),
            row.number("tcp_flags"),
            row.number("duration"),
            row.number("bit_rate"),
        )
    });
    rows.collect()
}

#[test]
fn every_vector_of_the_original_comes_out_as_it_does_there() {
    let scratch = Scratch::new();
    let cases = cases();
    let service = profile(&scratch, "data", count_records(&cases)).start();
    let (received, ended) = subscribed(&scratch, service, |service| send_all(service, &cases));
    ended.assert_clean();
    for (number, case) in cases.iter().enumerate() {
        assert_eq!(
            rows_of(&received, number, case),
            case.original,
            "{}",
            case.name
        );
    }
    let rows: usize = cases.iter().map(|case| case.original.len()).sum();
    assert_eq!(received.rows().len(), rows, "and nothing else");
    let reasons = ["without_opening", "without_closing", "last_part"];
    let left_out = reasons.map(|reason| ended.of_reason("records", reason));
    assert_eq!(
        left_out,
        [2, 2, 0],
        "each record that is left out is counted"
    );
    assert_eq!(
        ended.drained("duplicate"),
        1,
        "and that of the other exporter"
    );
}

#[test]
fn flows_leave_with_the_block_and_what_does_not_fill_one_is_left_out() {
    let scratch = Scratch::new();
    let cases = cases();
    let service = profile(&scratch, "data", count_records(&cases)).start();
    let rows: usize = cases.iter().map(|case| case.original.len()).sum();
    let (received, ended) = subscribed(&scratch, service, |service| {
        let request = json!({"start": "earliest", "features": ["seq"]});
        let mut client = Client::ask(service.client_port(), &request);
        send_all(service, &cases);
        client.read_until(|received| received.flows.len() == rows);
        send(service, "127.0.0.2", 23, &cases[0].records);
    });
    assert_eq!(received.rows().len(), rows);
    assert_eq!(ended.of_reason("records", "last_part"), 1);
}

#[test]
fn a_connection_that_two_blocks_share_is_lost_unless_there_are_no_blocks() {
    let scratch = Scratch::new();
    let cases = cases();
    let halves = cases.iter().find(|case| case.name == "TCP in two records");
    let halves = halves.unwrap();
    let received = |data, block_records| {
        let service = profile(&scratch, data, block_records).start();
        subscribed(&scratch, service, |service| {
            send(service, "127.0.0.2", 0, &halves.records[..1]);
            send(service, "127.0.0.2", 1, &halves.records[1..]);
        })
    };
    let (lost, ended) = received("blocks", 1);
    assert_eq!(lost.rows().len(), 0);
    assert_eq!(ended.of_reason("records", "without_closing"), 1);
    assert_eq!(ended.of_reason("records", "without_opening"), 1);
    let (whole, ended) = received("none", 0);
    ended.assert_clean();
    let [row] = &whole.rows()[..] else {
        panic!("one row: {}", whole.0);
    };
    let counts = ["packets", "bytes", "tcp_flags", "flow_seq_num"];
    assert_eq!(
        counts.map(|column| row.number::<u64>(column)),
        [10, 1_000, 19, 0]
    );
    assert_eq!(row.text("duration"), "2.0");
}
