//! Segments that the settings do not keep: gone, declared, and no position used again.

use serde_json::{Value, json};

use crate::support::exporter::{Exporter, Sample, v5};
use crate::support::program::run;
use crate::support::{Client, Launch, Scratch};

#[test]
fn what_is_removed_is_told_to_clients_and_shown_as_removed() {
    let scratch = Scratch::new();
    let launch = Launch::new(&scratch, "data").without_anonymization();
    let first = launch.start();
    Exporter::at("127.0.0.1", first.exporter_port()).send(&v5(0, &[Sample(0), Sample(1)]));
    first.end().assert_clean();

    let launch = launch.set("recorder.keep_prepared_bytes", "1 B");
    let second = launch.start();
    second.wait_for_message("a segment is removed");
    let refused = Client::try_ask(second.client_port(), &json!({"start": "seq:0"}));
    let refused = refused.map(|_| ()).unwrap_err();
    assert_eq!(refused["code"], "out_of_range", "{refused}");
    let client = Client::ask(second.client_port(), &json!({"start": "earliest"})).read_aside();
    Exporter::at("127.0.0.1", second.exporter_port()).send(&v5(0, &[Sample(2), Sample(3)]));
    let ended = second.end();
    ended.assert_clean();
    assert_eq!(ended.drained("segments_removed"), 1);
    let received = client.join().unwrap();
    received.assert_whole("shutdown");
    let positions = received.flows.iter().map(|flow| flow["seq"].clone());
    assert_eq!(positions.collect::<Vec<_>>(), [2, 3]);

    let said = run(
        &scratch,
        &["dataset", "info", "data/prepared", "--format", "jsonl"],
    );
    let lines = said.stdout.lines();
    let lines = lines.map(|line| serde_json::from_str::<Value>(line).unwrap());
    let gaps: Vec<Value> = lines.filter(|line| line["what"] == "gap").collect();
    assert_eq!(gaps.len(), 1, "{said:?}");
    let gap = ["first_seq", "next_seq", "is_removed"].map(|name| gaps[0][name].clone());
    assert_eq!(gap, [json!(0), json!(2), json!(true)]);
}
