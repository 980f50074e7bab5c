//! The service fetches by itself what is missing, and flows get it while they run.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Answer, db, file, iptoasn, make_older, source};
use crate::support::exporter::{Exporter, Sample, v5};
use crate::support::files::assert_same_segments;
use crate::support::http::FileServer;
use crate::support::{Client, Launch, PATIENCE, Scratch, Service};

fn launch<'a>(scratch: &'a Scratch, server: &FileServer) -> Launch<'a> {
    let source = source("iptoasn", &[server.url("/mine")]);
    let (key, value) = source.split_once('=').unwrap();
    Launch::new(scratch, "data")
        .without_anonymization()
        .with_short_timeouts()
        .set("enricher.private_prefixes", "")
        .set("enricher.private_prefixes_vlans", "")
        .set("databases.stall_timeout", "1 s")
        .set("databases.update", "true")
        .set(key, value)
}

/// Sends flows, some each second, until one has this origin; how many had none before.
fn flows_until(service: &Service, client: &mut Client, asn: &Value) -> usize {
    let exporter = Exporter::at("127.0.0.1", service.exporter_port());
    let begun = Instant::now();
    let mut sent = 0;
    loop {
        let samples: Vec<Sample> = (sent..sent + 5).map(Sample).collect();
        exporter.send(&v5(u32::from(sent), &samples));
        sent += 5;
        let all = usize::from(sent);
        client.read_until(|received| received.flows.len() >= all);
        let flows = &client.so_far().flows;
        if let Some(at) = flows.iter().position(|flow| flow["src_asn"] == *asn) {
            return at;
        }
        assert!(begun.elapsed() < PATIENCE, "{flows:?}");
    }
}

#[test]
fn what_is_missing_at_the_start_comes_while_flows_run() {
    let scratch = Scratch::new();
    let server = FileServer::start();
    server.set("/mine", Answer::Stall(iptoasn(64_500), 10));
    let service = launch(&scratch, &server)
        .set("databases.look_interval", "1 s")
        .start();
    let mut client = Client::ask(service.client_port(), &json!({}));
    // The server stalls, and flows are collected all the same, of unknown origin.
    assert_eq!(flows_until(&service, &mut client, &Value::Null), 0);
    service.wait_for_message("a source cannot be had");
    server.set("/mine", file(iptoasn(64_500), "\"1\""));
    drop(client);
    let ended = service.end();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    assert_eq!(
        ended.drained("databases_not_fetched"),
        1,
        "it waits before it tries again"
    );

    // A new start tries again what failed a short time ago only later; unless it is told.
    fs::remove_file(scratch.join("data/databases/manifest.json")).unwrap();
    let service = launch(&scratch, &server).start();
    let mut client = Client::ask(service.client_port(), &json!({}));
    flows_until(&service, &mut client, &json!(64_500));
    let ended = service.end();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    assert!(
        ended.log.contains("built the global database anew"),
        "{}",
        ended.log
    );
    assert!(
        ended.log.contains("other databases are in use"),
        "{}",
        ended.log
    );
}

#[test]
fn a_server_that_hangs_does_not_hold_up_the_end() {
    let scratch = Scratch::new();
    let server = FileServer::start();
    server.set("/mine", Answer::Stall(iptoasn(64_500), 10));
    let service = launch(&scratch, &server)
        .set("databases.stall_timeout", "10 min")
        .start();
    let begun = Instant::now();
    while server.asked().is_empty() {
        assert!(begun.elapsed() < PATIENCE, "nothing was asked for");
        std::thread::sleep(Duration::from_millis(5));
    }
    let ended = service.end();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
}

#[test]
fn a_service_that_may_not_update_asks_nobody() {
    let scratch = Scratch::new();
    let server = FileServer::start();
    server.set("/mine", file(iptoasn(64_500), "\"1\""));
    let launch = launch(&scratch, &server).set("databases.update", "false");
    let service = launch.start();
    let mut client = Client::ask(service.client_port(), &json!({}));
    assert_eq!(flows_until(&service, &mut client, &Value::Null), 0);
    drop(client);
    let ended = service.end();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    assert!(
        ended.log.contains("run `flowstream db update`"),
        "{}",
        ended.log
    );
    assert_eq!(server.asked(), []);
}

#[test]
fn the_age_of_the_oldest_source_is_counted() {
    let scratch = Scratch::new();
    let server = FileServer::start();
    server.set("/mine", file(iptoasn(64_500), "\"1\""));
    let source = source("iptoasn", &[server.url("/mine")]);
    assert_eq!(db(&scratch, &source, &["update"]).code, Some(0));
    make_older(&scratch, 2);
    let service = launch(&scratch, &server)
        .set("databases.directory", "world")
        .set("enricher.look_interval", "100 ms")
        .start();
    let mut client = Client::ask(service.client_port(), &json!({}));
    flows_until(&service, &mut client, &json!(64_500));
    drop(client);
    let ended = service.end();
    ended.assert_clean();
    let age = ended.drained("databases_age_s");
    assert!((2 * 86_400..3 * 86_400).contains(&age), "{age}");
    assert_eq!(server.asked().len(), 1, "it is not too old yet");
}

#[test]
fn a_replay_does_not_go_on_without_the_global_database() {
    let scratch = Scratch::new();
    let server = FileServer::start();
    server.set("/mine", file(iptoasn(64_500), "\"1\""));
    let source = source("iptoasn", &[server.url("/mine")]);
    assert_eq!(db(&scratch, &source, &["update"]).code, Some(0));
    let path = scratch.join("world/global.flowdb");
    let octets = fs::read(&path).unwrap();
    fs::write(&path, &octets[1..]).unwrap();
    let raw = scratch.join("raw");
    fs::create_dir(&raw).unwrap();
    let replay = launch(&scratch, &server).set("databases.directory", "world");
    let outcome = replay.replay_at_once(&raw).run();
    assert!(outcome.stderr.contains("global.flowdb"), "{outcome:?}");
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(path.try_exists().unwrap(), "it stays where it is");
}

#[test]
fn a_damaged_global_database_does_not_stop_the_start_and_is_built_anew() {
    let scratch = Scratch::new();
    let server = FileServer::start();
    server.set("/mine", file(iptoasn(64_500), "\"1\""));
    let service = launch(&scratch, &server).start();
    let mut client = Client::ask(service.client_port(), &json!({}));
    flows_until(&service, &mut client, &json!(64_500));
    drop(client);
    assert_eq!(service.end().code, Some(0));

    let path = scratch.join("data/databases/global.flowdb");
    let octets = fs::read(&path).unwrap();
    fs::write(&path, &octets[..octets.len() - 1]).unwrap();
    let service = launch(&scratch, &server).start();
    let mut client = Client::ask(service.client_port(), &json!({}));
    flows_until(&service, &mut client, &json!(64_500));
    drop(client);
    let ended = service.end();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    assert!(ended.log.contains("set aside"), "{}", ended.log);
    assert_eq!(fs::read(&path).unwrap(), octets, "the same was built");
}

#[test]
fn flows_have_the_database_of_their_time_and_a_replay_as_recorded_uses_it() {
    let scratch = Scratch::new();
    let server = FileServer::start();
    server.set("/mine", file(iptoasn(64_500), "\"1\""));
    let launched = |data: &str| {
        launch(&scratch, &server)
            .set("recorder.directory", data)
            .set("databases.directory", "world")
            .set("enricher.look_interval", "100 ms")
    };
    let service = launched("data").start();
    let mut client = Client::ask(service.client_port(), &json!({}));
    flows_until(&service, &mut client, &json!(64_500));
    drop(client);

    // Somebody else updates the same directory; the service sees that the file is another.
    server.set("/mine", file(iptoasn(64_501), "\"2\""));
    let source = source("iptoasn", &[server.url("/mine")]);
    let outcome = db(&scratch, &source, &["update", "--all"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let mut client = Client::ask(service.client_port(), &json!({}));
    flows_until(&service, &mut client, &json!(64_501));
    drop(client);
    assert_eq!(service.end().code, Some(0));

    let raw = scratch.join("data/raw");
    let replay = launched("again").replay_at_once(&raw);
    let outcome = replay.set("replay.databases", "as-recorded").run();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_same_segments(
        &scratch.join("data/prepared"),
        &scratch.join("again/prepared"),
    );
}
