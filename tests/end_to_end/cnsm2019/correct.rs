//! What the defaults make of the vectors of the original.

use serde_json::{Value, json};

use crate::support::client::count;
use crate::support::v5::BEGIN_MS;
use crate::support::{Client, Launch, Scratch};

use super::cases::{Case, ICMP, Prepared, cases, port};
use super::vectors::send_all;

/// The flows of a case, which has this number, in order of time.
fn flows_of(flows: &[Value], number: usize, case: &Case) -> Vec<Prepared> {
    let is_of_case = |flow: &&Value| match case.records[0].protocol {
        ICMP => flow["protocol"] == 1,
        _ => flow["src_port"] == port(number),
    };
    let since_begin = |flow: &Value, field: &str| count(flow, field) - BEGIN_MS;
    let flags = |flow: &Value| {
        flow["tcp_flags"]
            .as_u64()
            .map(|it| u8::try_from(it).unwrap())
    };
    let prepared = |flow: &Value| {
        (
            count(flow, "packets"),
            count(flow, "bytes"),
            since_begin(flow, "start_ms"),
            since_begin(flow, "end_ms"),
            flags(flow),
            flow["active_ms"].as_f64().unwrap() / 1_000.0,
            flow["bit_rate"].as_f64(),
            flow["complete"].as_bool(),
        )
    };
    let mut flows: Vec<Prepared> = flows.iter().filter(is_of_case).map(prepared).collect();
    flows.sort_by_key(|flow| flow.2);
    flows
}

#[test]
fn the_defaults_lose_nothing_of_the_vectors_and_differ_where_the_original_errs() {
    let scratch = Scratch::new();
    let cases = cases();
    let service = Launch::new(&scratch, "data")
        .without_anonymization()
        .start();
    let client = Client::ask(service.client_port(), &json!({})).read_aside();
    send_all(&service, &cases);
    let ended = service.end();
    ended.assert_clean();
    let received = client.join().unwrap();
    received.assert_whole("shutdown");
    for (number, case) in cases.iter().enumerate() {
        let found = flows_of(&received.flows, number, case);
        assert_eq!(found, case.correct, "{}", case.name);
    }
    let reported = cases
        .iter()
        .flat_map(|case| case.records.iter().chain(&case.elsewhere));
    let reported: u64 = reported.map(|record| u64::from(record.packets)).sum();
    let twice = ended.drained("duplicate");
    assert_eq!(
        twice, 1,
        "the flow that two exporters report, with 5 packets"
    );
    assert_eq!(received.sum("packets") + 5 * twice, reported);
}
