//! TLS: who is admitted, who is not, and what is said about it (RFC 7011, 11.3).

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use super::sessions::assert_conserved;
use super::{client, end, flow, launch, ports, ports_of, wait_for_close};
use crate::support::certificates::{Authority, Identity, Valid, close, connect_tls, is_refused};
use crate::support::exporter::Sample;
use crate::support::files::assert_same_segments;
use crate::support::ipfix::{Message, connect, samples, send};
use crate::support::program::run;
use crate::support::{Ended, Launch, Scratch, Service};

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// A service that speaks TLS with a certificate of `own` and admits whom `of_exporters`
/// signed.
fn secured<'a>(scratch: &'a Scratch, own: &Authority, of_exporters: &Authority) -> Launch<'a> {
    let collector = own.sign("127.0.0.1", Valid::Now);
    let [certificate, key] = collector.files(scratch, "collector");
    launch(scratch, "data")
        .set("receiver.listen_tls", r#"["127.0.0.1:0"]"#)
        .set("receiver.tls.certificate", &text(&certificate))
        .set("receiver.tls.key", &text(&key))
        .set(
            "receiver.tls.client_ca",
            &text(&of_exporters.file(scratch, "exporters.pem")),
        )
}

/// One exporter that is admitted and one that is not: each is treated as it should be, and
/// why the other is refused is counted and said.
fn assert_refuses(reason: &str, other: impl FnOnce(&Service, &Authority, &Authority)) -> Ended {
    let (own, exporters) = (Authority::new(), Authority::new());
    let scratch = Scratch::new();
    let service = secured(&scratch, &own, &exporters)
        .set(
            "receiver.tls.exporters",
            r#"["good.example.org", "192.0.2.1"]"#,
        )
        .set("receiver.handshake_timeout", "1 s")
        .start();
    let client = client(&service);
    other(&service, &own, &exporters);
    let good = exporters.sign("good.example.org", Valid::Now);
    let mut stream = connect_tls(service.tls_port(), &own, Some(&good));
    send(&mut stream, &Message::new(0).template());
    send(&mut stream, &flow(1));
    close(stream);
    let (received, ended) = end(service, client);
    assert_eq!(ports(&received), ports_of(samples(1..2)));
    assert_eq!(ended.of_reason("connections", reason), 1, "{}", ended.log);
    assert_eq!(ended.drained("streams_refused"), 1, "{}", ended.log);
    assert_eq!(ended.of_reason("streams", "finished"), 1, "{}", ended.log);
    let warned = |line: &&str| line.contains("WARN") && line.contains(reason);
    assert_eq!(ended.log.lines().filter(warned).count(), 1, "{}", ended.log);
    ended
}

/// An exporter with this certificate is refused.
fn assert_refuses_certificate(
    reason: &str,
    certificate: impl FnOnce(&Authority) -> Option<Identity>,
) {
    assert_refuses(reason, |service, own, exporters| {
        let certificate = certificate(exporters);
        let stream = connect_tls(service.tls_port(), own, certificate.as_ref());
        assert!(is_refused(stream));
    });
}

#[test]
fn t36_exporters_whose_certificate_holds_bring_all_their_flows() {
    let (own, exporters) = (Authority::new(), Authority::new());
    let scratch = Scratch::new();
    let service = secured(&scratch, &own, &exporters).start();
    let client = client(&service);
    // Without a list, any name will do.
    for (number, name) in (0..).zip(["exporter.example.org", "192.0.2.7", "2001:db8::7"]) {
        let exporter = exporters.sign(name, Valid::Now);
        let mut stream = connect_tls(service.tls_port(), &own, Some(&exporter));
        send(&mut stream, &Message::new(0).template());
        let all: Vec<Sample> = samples(100 * number..100 * number + 50);
        for message in 0..50 {
            send(&mut stream, &Message::new(message).data(&all));
        }
        close(stream);
    }
    let (received, ended) = end(service, client);
    ended.assert_clean();
    assert_eq!(received.sum("records"), 3 * 50 * 50);
    assert_eq!(ended.of_reason("streams", "finished"), 3, "{}", ended.log);
}

#[test]
fn t36_generated_flows_arrive_whole_over_tls_and_are_recorded_in_the_clear() {
    let (own, exporters) = (Authority::new(), Authority::new());
    let scratch = Scratch::new();
    let launch = secured(&scratch, &own, &exporters);
    let service = launch
        .set("receiver.tls.exporters", r#"["generator"]"#)
        .start();
    let identity = exporters.sign("generator", Valid::Now);
    let [certificate, key] = identity
        .files(&scratch, "generator")
        .map(|path| text(&path));
    let ca = text(&own.file(&scratch, "own.pem"));
    let files = ["--ca", &ca, "--certificate", &certificate, "--key", &key];
    let to = service.tls_port();
    assert_conserved(service, to, &scratch, &[&["--tls"], &files[..]].concat());
    // What was recorded needs no key to be prepared again (RFC 5655, 12.1).
    let replay = super::launch(&scratch, "again").replay_at_once(&scratch.join("data/raw"));
    let outcome = replay.run();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_same_segments(
        &scratch.join("data/prepared"),
        &scratch.join("again/prepared"),
    );
}

#[test]
fn t36_generate_says_why_a_collector_refuses_it() {
    let (own, exporters) = (Authority::new(), Authority::new());
    let scratch = Scratch::new();
    let service = secured(&scratch, &own, &exporters).start();
    let identity = own.sign("generator", Valid::Now);
    let [certificate, key] = identity
        .files(&scratch, "generator")
        .map(|path| text(&path));
    let ca = text(&own.file(&scratch, "own.pem"));
    let to = service.tls_port().to_string();
    let mut args = vec!["generate", "--tls", "--to", &to, "--count", "10"];
    args.extend(["--ca", &ca, "--certificate", &certificate, "--key", &key]);
    let outcome = run(&scratch, &args);
    assert!(
        outcome.failed(1).contains("received fatal alert"),
        "{outcome:?}"
    );
    assert_eq!(
        service
            .end()
            .of_reason("connections", "certificate_unknown"),
        1
    );
}

#[test]
fn t36_a_certificate_of_an_unknown_authority_is_refused() {
    assert_refuses_certificate("certificate_unknown", |_| {
        let other = Authority::new();
        Some(other.sign("good.example.org", Valid::Now))
    });
}

#[test]
fn t36_a_certificate_that_expired_is_refused() {
    assert_refuses_certificate("certificate_expired", |exporters| {
        Some(exporters.sign("good.example.org", Valid::Formerly))
    });
}

#[test]
fn t36_a_certificate_that_is_not_valid_yet_is_refused() {
    assert_refuses_certificate("certificate_expired", |exporters| {
        Some(exporters.sign("good.example.org", Valid::Later))
    });
}

#[test]
fn t36_a_certificate_of_another_name_is_refused() {
    assert_refuses_certificate("certificate_name", |exporters| {
        Some(exporters.sign("bad.example.org", Valid::Now))
    });
    assert_refuses_certificate("certificate_name", |exporters| {
        Some(exporters.sign("192.0.2.2", Valid::Now))
    });
}

#[test]
fn t36_an_exporter_without_a_certificate_is_refused() {
    assert_refuses_certificate("certificate_missing", |_| None);
}

#[test]
fn an_exporter_that_does_not_speak_tls_is_refused() {
    assert_refuses("handshake_failed", |service, _, _| {
        let stream = connect(service.tls_port());
        send(&stream, &Message::new(0).template());
        wait_for_close(stream);
    });
}

#[test]
fn a_handshake_that_takes_too_long_is_broken_off() {
    assert_refuses("handshake_timeout", |service, _, _| {
        let mut stream = connect(service.tls_port());
        // The beginning of a handshake, octet by octet.
        for octet in [22, 3, 1, 0, 200] {
            stream.write_all(&[octet]).ok();
            sleep(Duration::from_millis(250));
        }
        wait_for_close(stream);
    });
}

#[test]
fn a_session_over_tls_that_ends_without_saying_so_broke_off() {
    let (own, exporters) = (Authority::new(), Authority::new());
    let scratch = Scratch::new();
    let service = secured(&scratch, &own, &exporters).start();
    let client = client(&service);
    let exporter = exporters.sign("exporter.example.org", Valid::Now);
    let mut stream = connect_tls(service.tls_port(), &own, Some(&exporter));
    send(&mut stream, &Message::new(0).template());
    send(&mut stream, &flow(1));
    drop(stream);
    let (received, ended) = end(service, client);
    assert_eq!(ports(&received), ports_of(samples(1..2)));
    assert_eq!(ended.of_reason("streams", "reset"), 1, "{}", ended.log);
}

/// `check` and `run` refuse the settings, and say all these texts in one line.
fn assert_unusable(launch: &Launch<'_>, texts: &[&str]) {
    for command in ["run", "check"] {
        let outcome = launch.run_as(command);
        let error = outcome.failed(78);
        for text in texts {
            assert!(error.contains(text), "no `{text}` in: {error}");
        }
    }
}

#[test]
fn files_that_do_not_serve_are_named_with_the_remedy() {
    let (own, exporters) = (Authority::new(), Authority::new());
    let scratch = Scratch::new();
    let with = |key: &str, value: &str| secured(&scratch, &own, &exporters).set(key, value);
    let none = text(&scratch.join("none.pem"));
    let rubbish = text(&scratch.file("rubbish.pem", "no certificate"));
    let torn = "-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n";
    let torn = text(&scratch.file("torn.pem", torn));
    let empty = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let empty = text(&scratch.file("empty.pem", empty));
    for key in ["certificate", "client_ca"] {
        let key = format!("receiver.tls.{key}");
        assert_unusable(&with(&key, &none), &[&key, &none, "cannot read", "PEM"]);
        let expected = [&key, &rubbish, "no certificate", "certificates in PEM"];
        assert_unusable(&with(&key, &rubbish), &expected);
        for path in [&torn, &empty] {
            assert_unusable(&with(&key, path), &[&key, path, "cannot be used"]);
        }
    }
    let key = "receiver.tls.key";
    assert_unusable(&with(key, &none), &[key, &none, "cannot read"]);
    fs::set_permissions(&rubbish, Permissions::from_mode(0o600)).unwrap();
    assert_unusable(&with(key, &rubbish), &[key, &rubbish, "no private key"]);
    let [other, its_key] = own.sign("127.0.0.1", Valid::Now).files(&scratch, "other");
    let expected = [key, &text(&its_key), "collector.pem", "not the key"];
    assert_unusable(&with(key, &text(&its_key)), &expected);
    fs::set_permissions(&its_key, Permissions::from_mode(0o640)).unwrap();
    let open = with(key, &text(&its_key)).set("receiver.tls.certificate", &text(&other));
    assert_unusable(&open, &[key, &text(&its_key), "0640", "chmod 600"]);
}

#[test]
fn settings_for_tls_without_files_are_refused() {
    let scratch = Scratch::new();
    let listen = r#"receiver.listen_tls=["127.0.0.1:0"]"#;
    let outcome = run(&scratch, &["check", "--set", listen]);
    assert_eq!(outcome.code, Some(78));
    for key in ["certificate", "key", "client_ca"] {
        assert!(outcome.stderr.contains(&format!("receiver.tls.{key}")));
    }
}
