//! `flowstream keygen`, and where a key is named.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::support::files::{header, segments};
use crate::support::program::{finish, generate, program, run, start};
use crate::support::{Client, Launch, Scratch};

#[test]
fn a_key_is_made_once_for_its_owner_and_has_a_name() {
    let scratch = Scratch::new();
    let made = run(&scratch, &["keygen", "deep/my.key"]);
    assert_eq!(made.code, Some(0), "{made:?}");
    let path = scratch.join("deep/my.key");
    let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode, 0o600);
    let key = fs::read(&path).unwrap();
    assert_eq!(key.len(), 32);
    let (id, file) = made.stdout.trim_end().split_once(' ').unwrap();
    assert_eq!((id.len(), file), (16, "deep/my.key"));
    assert_eq!(
        run(&scratch, &["keygen", "--id", "deep/my.key"]).stdout,
        made.stdout
    );

    let again = run(&scratch, &["keygen", "deep/my.key"]);
    assert!(
        again.failed(1).contains("there is a key already"),
        "{again:?}"
    );
    assert_eq!(fs::read(&path).unwrap(), key, "it is never overwritten");
    let other = run(&scratch, &["keygen", "other.key"]);
    assert_ne!(other.stdout.split(' ').next(), Some(id));
    let absent = run(&scratch, &["keygen", "--id", "none.key"]);
    assert!(absent.failed(1).contains("no such file"), "{absent:?}");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let loose = run(&scratch, &["keygen", "--id", "deep/my.key"]);
    assert!(loose.failed(1).contains("chmod 600"), "{loose:?}");
}

#[test]
fn welcome_and_segments_name_the_key_and_nothing_shows_it() {
    let scratch = Scratch::new();
    let made = run(&scratch, &["keygen", "--set", "recorder.directory=data"]);
    assert_eq!(made.code, Some(0), "{made:?}");
    let (id, _) = made.stdout.split_once(' ').unwrap();
    let service = Launch::new(&scratch, "data")
        .set("log.level", "trace")
        .start();
    let client = Client::ask(service.client_port(), &json!({})).read_aside();
    generate(&scratch, service.exporter_port(), &["--count", "100"]);
    let ended = service.end();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    let received = client.join().unwrap();
    assert_eq!(received.answer["anonymization"]["key_id"], id);
    let stored = segments(&scratch.join("data/prepared"));
    assert!(!stored.is_empty());
    for segment in stored.values() {
        assert_eq!(header(segment)["meta"]["anonymization"]["key_id"], id);
    }
    let key = fs::read(scratch.join("data/anonymizer.key")).unwrap();
    let digits: String = key.iter().map(|octet| format!("{octet:02x}")).collect();
    assert!(ended.log.contains(id) && !ended.log.contains(&digits[..16]));
}

#[test]
fn a_credential_of_systemd_is_the_key_unless_the_settings_name_a_file() {
    let scratch = Scratch::new();
    assert_eq!(
        run(&scratch, &["keygen", "credentials/anonymizer.key"]).code,
        Some(0)
    );
    let made = run(&scratch, &["keygen", "--id", "credentials/anonymizer.key"]);
    let (id, _) = made.stdout.split_once(' ').unwrap();
    let recorded = |data: &str, set: &[&str]| {
        let mut command = program(&scratch);
        command.env("CREDENTIALS_DIRECTORY", scratch.join("credentials"));
        let dataset = scratch.join("raw");
        fs::create_dir_all(&dataset).unwrap();
        command.args(["run", "--replay", dataset.to_str().unwrap()]);
        command.args([
            "--set",
            "clients.listen=[\"127.0.0.1:0\"]",
            "--set",
            "log.format=json",
        ]);
        command.args(["--set", "replay.wait_for_client=false"]);
        command.args(["--set", &format!("recorder.directory={data}")]);
        finish(start(command.args(set))).stderr
    };
    let log = recorded("one", &[]);
    assert!(log.contains(id) && log.contains("of a credential"), "{log}");
    assert!(!scratch.join("one/anonymizer.key").try_exists().unwrap());
    let log = recorded("two", &["--set", "anonymizer.key_file=own.key"]);
    assert!(!log.contains(id), "{log}");
    assert!(scratch.join("own.key").try_exists().unwrap());
}
