//! The forms of a stream, and where it starts.

use serde_json::{Value, json};

use crate::support::client::count;
use crate::support::exporter::{Exporter, Sample, v5};
use crate::support::{Client, Launch, Scratch, Service};

/// How many flows the services of these tests take in.
const FLOWS: u16 = 300;

fn launch(scratch: &Scratch) -> Launch<'_> {
    Launch::new(scratch, "data").without_anonymization()
}

/// Sends flows with these numbers.
fn send(service: &Service, numbers: std::ops::Range<u16>) {
    let exporter = Exporter::at("127.0.0.1", service.exporter_port());
    let samples: Vec<Sample> = numbers.map(Sample).collect();
    for (sequence, samples) in (0..).zip(samples.chunks(30)) {
        exporter.send(&v5(sequence, samples));
    }
}

/// The cells of a line of CSV that has no quotes.
fn cells(line: &str) -> Vec<&str> {
    line.trim_end().split(',').collect()
}

/// A value of JSON as a cell of CSV has it.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[test]
fn csv_and_json_lines_say_the_same_in_all_fields() {
    let scratch = Scratch::new();
    let service = launch(&scratch).start();
    let [jsonl, csv] = ["jsonl", "csv"]
        .map(|format| Client::ask(service.client_port(), &json!({"format": format})).read_aside());
    send(&service, 0..FLOWS);
    service.end().assert_clean();
    let (jsonl, csv) = (jsonl.join().unwrap(), csv.join().unwrap());
    jsonl.assert_whole("shutdown");
    let schema = csv.answer["schema"].as_array().unwrap();
    let names: Vec<&str> = schema
        .iter()
        .map(|field| field["name"].as_str().unwrap())
        .collect();
    assert_eq!(cells(&csv.lines[0]), names, "the header is the schema");
    let (end, rows) = csv.lines[1..].split_last().unwrap();
    assert_eq!(end, &format!("# end next_seq={FLOWS} reason=shutdown\n"));
    assert_eq!(rows.len(), usize::from(FLOWS));
    for (row, flow) in rows.iter().zip(&jsonl.flows) {
        let object = flow.as_object().unwrap();
        assert_eq!(object.len(), names.len(), "{flow}");
        let expected: Vec<String> = names.iter().map(|name| cell(&flow[name])).collect();
        assert_eq!(cells(row), expected);
    }
}

/// A row of the 36 columns, of a flow that nothing is known of beside itself.
fn legacy(flow: &Value) -> String {
    let number = |name: &str| flow[name].as_f64().unwrap_or(0.0);
    let text = |name: &str| flow[name].as_str().unwrap();
    let is_private = |name: &str| u8::from(text(name) == "private");
    let place = |side: &str| {
        let (network, len) = (format!("{side}_prefix"), format!("{side}_prefix_len"));
        let locality = is_private(&format!("{side}_locality"));
        format!("0,0.0,0.0,0,{},{},0,{locality}", text(&network), flow[&len])
    };
    format!(
        "{},{},{},{},{},{},{},{},0,{},{},0,{:?},{:?},{},{},{},{},{},{},{},{}\n",
        text("src_addr"),
        text("dst_addr"),
        flow["packets"],
        flow["bytes"],
        flow["start_ms"],
        flow["end_ms"],
        flow["src_port"],
        flow["dst_port"],
        flow["protocol"],
        text("exporter"),
        number("active_ms") / 1_000.0,
        number("bit_rate"),
        place("src"),
        place("dst"),
        flow["year"],
        flow["month"],
        flow["day"],
        flow["hour"],
        flow["minute"],
        flow["second"],
    )
}

#[test]
fn legacy_says_the_same_in_36_columns() {
    let scratch = Scratch::new();
    let service = launch(&scratch).start();
    let [jsonl, legacy_rows] = ["jsonl", "legacy"]
        .map(|format| Client::ask(service.client_port(), &json!({"format": format})).read_aside());
    send(&service, 0..FLOWS);
    service.end().assert_clean();
    let (jsonl, received) = (jsonl.join().unwrap(), legacy_rows.join().unwrap());
    let schema = received.answer["schema"].as_array().unwrap();
    let names: Vec<&str> = schema
        .iter()
        .map(|column| column["name"].as_str().unwrap())
        .collect();
    assert_eq!(names.len(), 36);
    assert_eq!(cells(&received.lines[0]), names, "the header is the schema");
    let (end, rows) = received.lines[1..].split_last().unwrap();
    assert_eq!(end, &format!("# end next_seq={FLOWS} reason=shutdown\n"));
    let expected: Vec<String> = jsonl.flows.iter().map(legacy).collect();
    assert_eq!(rows, expected);
}

#[test]
fn features_choose_fields_and_their_order() {
    let scratch = Scratch::new();
    let service = launch(&scratch).start();
    let features = ["bytes", "seq", "src_addr"];
    let [jsonl, csv] = ["jsonl", "csv"].map(|format| {
        let request = json!({"format": format, "features": features});
        Client::ask(service.client_port(), &request).read_aside()
    });
    send(&service, 7..8);
    service.end().assert_clean();
    let (jsonl, csv) = (jsonl.join().unwrap(), csv.join().unwrap());
    let src = Sample(7).src();
    let line = format!("{{\"bytes\":100,\"seq\":0,\"src_addr\":\"{src}\"}}\n");
    assert_eq!(jsonl.lines[0], line);
    assert_eq!(
        csv.lines[..2],
        ["bytes,seq,src_addr\n".to_owned(), format!("100,0,{src}\n")]
    );
    for answer in [&jsonl.answer, &csv.answer] {
        let schema = answer["schema"].as_array().unwrap();
        let names: Vec<&Value> = schema.iter().map(|field| &field["name"]).collect();
        assert_eq!(names, features, "the schema tells what follows");
    }
}

#[test]
fn a_welcome_tells_type_and_meaning_of_each_field_and_the_anonymization() {
    let scratch = Scratch::new();
    let service = launch(&scratch).start();
    let client = Client::ask(service.client_port(), &json!({}));
    let answer = &client.so_far().answer;
    assert_eq!(answer["version"], 1);
    assert_eq!(answer["anonymization"]["policy"], "none");
    for field in answer["schema"].as_array().unwrap() {
        for name in ["name", "type", "known", "meaning"] {
            assert!(!field[name].as_str().unwrap().is_empty(), "{field}");
        }
    }
    client.leave();
    service.end().assert_clean();
}

#[test]
fn a_stream_starts_where_the_client_asks() {
    let scratch = Scratch::new();
    let service = launch(&scratch).with_short_timeouts().start();
    let mut whole = Client::ask(service.client_port(), &json!({}));
    send(&service, 0..FLOWS);
    whole.read_until(|received| received.flows.len() == usize::from(FLOWS));
    let ask = |start: &str| Client::ask(service.client_port(), &json!({"start": start}));
    let clients = ["live", "earliest", "seq:0", "seq:123", "seq:299", "seq:300"].map(ask);
    send(&service, FLOWS..FLOWS + 10);
    let clients = clients.map(Client::read_aside);
    service.end().assert_clean();
    let all = whole.read();
    all.assert_whole("shutdown");
    for (client, first) in clients.into_iter().zip([300, 0, 0, 123, 299, 300]) {
        let received = client.join().unwrap();
        assert_eq!(count(&received.answer, "next_seq"), first);
        assert_eq!(count(&received.answer, "oldest_seq"), 0);
        received.assert_whole("shutdown");
        let skipped = usize::try_from(first).unwrap();
        assert_eq!(received.flows, all.flows[skipped..]);
    }
}
