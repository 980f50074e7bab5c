//! Requests that are none, come too late, are too long, or find no room.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::client::{connect, everything_said_to};
use crate::support::{Client, LOOK, Launch, PATIENCE, Scratch, Service};

/// The code of the one error line that is said before the connection closes.
fn refusal(said: &str) -> String {
    let (line, rest) = said
        .split_once('\n')
        .unwrap_or_else(|| panic!("no line: {said}"));
    assert_eq!(rest, "", "nothing follows");
    let error: Value = serde_json::from_str(line).unwrap();
    assert_eq!(error["type"], "error", "{line}");
    for name in ["message", "hint"] {
        assert!(!error[name].as_str().unwrap().is_empty(), "{line}");
    }
    error["code"].as_str().unwrap().to_owned()
}

/// The service still gives a stream.
fn assert_serves(service: &Service) {
    Client::ask(service.client_port(), &json!({})).leave();
}

#[test]
fn every_kind_of_nonsense_gets_an_error_line_with_its_code() {
    let scratch = Scratch::new();
    let service = Launch::new(&scratch, "data")
        .set("clients.request_bytes_max", "1 KiB")
        .start();
    let long = format!("{{\"start\":\"{}\"}}\n", "x".repeat(5_000));
    let endless = "x".repeat(2_000);
    let deep = format!("{{\"features\":{}\n", "[".repeat(900));
    for (said, code) in [
        (&b"GET / HTTP/1.1\r\n\r\n"[..], "bad_json"),
        (b"\x16\x03\x01\x02\x00\x01\x00\n", "bad_json"),
        (b"\xff\xfe\n", "bad_json"),
        (b"\n", "bad_json"),
        (b"{\"start\":\n", "bad_json"),
        (b"[1]\n", "bad_request"),
        (b"{\"star\":\"live\"}\n", "bad_request"),
        (b"{\"start\":7}\n", "bad_request"),
        (deep.as_bytes(), "bad_request"),
        (b"{\"version\":2}\n", "bad_version"),
        (b"{\"start\":\"yesterday\"}\n", "bad_start"),
        (b"{\"start\":\"seq:-1\"}\n", "bad_start"),
        (b"{\"format\":\"pickle\"}\n", "bad_format"),
        (b"{\"features\":[\"size\"]}\n", "bad_feature"),
        (b"{\"features\":[\"seq\",\"seq\"]}\n", "bad_feature"),
        (b"{\"features\":[]}\n", "bad_feature"),
        (
            b"{\"format\":\"legacy\",\"features\":[\"seq\"]}\n",
            "bad_feature",
        ),
        (b"{\"start\":\"seq:1\"}\n", "out_of_range"),
        (
            b"{\"start\":\"seq:18446744073709551615\"}\n",
            "out_of_range",
        ),
        (long.as_bytes(), "too_long"),
        (endless.as_bytes(), "too_long"),
    ] {
        let answer = everything_said_to(service.client_port(), said);
        assert_eq!(refusal(&answer), code, "{}", String::from_utf8_lossy(said));
    }
    assert_serves(&service);
    service.end().assert_clean();
}

#[test]
fn a_client_that_does_not_ask_in_time_is_told_so() {
    let scratch = Scratch::new();
    let service = Launch::new(&scratch, "data")
        .set("clients.request_timeout", "200 ms")
        .start();
    for said in ["", "{\"start\":\"live\""] {
        let begun = Instant::now();
        let answer = everything_said_to(service.client_port(), said.as_bytes());
        assert_eq!(refusal(&answer), "timeout");
        assert!(begun.elapsed() >= Duration::from_millis(200));
    }
    // A request in time is not cut off later.
    let client = Client::ask(service.client_port(), &json!({}));
    let answer = everything_said_to(service.client_port(), b"");
    assert_eq!(refusal(&answer), "timeout");
    let reading = client.read_aside();
    service.end().assert_clean();
    reading.join().unwrap().assert_whole("shutdown");
}

#[test]
fn a_client_that_vanishes_without_asking_harms_nothing() {
    let scratch = Scratch::new();
    let service = Launch::new(&scratch, "data").start();
    for said in ["", "{", "{}\n"] {
        drop(connect(service.client_port(), said.as_bytes()));
    }
    assert_serves(&service);
    service.end().assert_clean();
}

#[test]
fn no_more_clients_than_allowed_get_a_session() {
    let scratch = Scratch::new();
    let service = Launch::new(&scratch, "data")
        .set("clients.sessions_max", "2")
        .start();
    let ask = || Client::ask(service.client_port(), &json!({}));
    let (first, second) = (ask(), ask());
    let answer = everything_said_to(service.client_port(), b"{}\n");
    assert_eq!(refusal(&answer), "busy");
    first.leave();
    let third = next_place(&service);
    let readers = [second, third].map(Client::read_aside);
    let ended = service.end();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    for reader in readers {
        reader.join().unwrap().assert_whole("shutdown");
    }
}

/// The place of a client that has left is free a moment later.
fn next_place(service: &Service) -> Client {
    let begun = Instant::now();
    loop {
        match Client::try_ask(service.client_port(), &json!({})) {
            Ok(client) => return client,
            Err(answer) => assert_eq!(answer["code"], "busy"),
        }
        assert!(begun.elapsed() < PATIENCE, "no place becomes free");
        std::thread::sleep(LOOK);
    }
}
