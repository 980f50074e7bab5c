//! Whatever comes in the place of a source: a clear error, and the old database stays.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::files::{Good, all, archive};
use super::{Answer, assert_tidy, db, file, gzip, iptoasn, lookup, served, source, status};
use crate::support::Scratch;
use crate::support::http::FileServer;
use crate::support::program::{Outcome, finish, program, start};
use crate::support::tool::tool;

/// Has an answer in the place of a good file, and says how `db update` failed. The old
/// database stays in use, nothing is left lying about, and the next good file is taken.
fn failed_with(good: &Good, answer: Answer) -> String {
    let scratch = Scratch::new();
    let server = FileServer::start();
    server.set("/mine", file(good.body.clone(), "\"good\""));
    let source = source(good.format, &[server.url("/mine")]);
    assert_eq!(db(&scratch, &source, &["update"]).code, Some(0));
    let global = scratch.join("world/global.flowdb");
    let kept = fs::read(&global).unwrap();

    server.set("/mine", answer);
    let outcome = db(&scratch, &source, &["update", "--all"]);
    outcome.failed(1);
    assert_tidy(&scratch);
    assert_eq!(kept, fs::read(&global).unwrap());
    assert_eq!(lookup(&scratch, &source, good.addr)["asn"], good.asn);
    let said = status(&scratch, &source)[0].clone();
    assert_eq!(said["state"], "fresh", "the old one is there: {said}");
    let why = said["error"].as_str().unwrap().to_owned();
    let line = format!("mine: {why}");
    assert!(outcome.stderr.contains(&line), "{line}\n{outcome:?}");

    server.set("/mine", file(good.body.clone(), "\"good\""));
    let again = db(&scratch, &source, &["update", "--all"]);
    assert_eq!(again.code, Some(0), "{again:?}");
    assert_eq!(status(&scratch, &source)[0]["error"], Value::Null);
    why
}

/// The same for a source of IPtoASN.
fn iptoasn_failed_with(answer: Answer) -> String {
    let [good, ..] = all(0);
    failed_with(&good, answer)
}

fn assert_says(why: &str, parts: &[&str]) {
    for part in parts {
        assert!(why.contains(part), "{part:?} is not in: {why}");
    }
}

#[test]
fn a_status_that_is_no_success() {
    for status in [404, 503, 403] {
        let why = iptoasn_failed_with(Answer::Status(status));
        assert_says(&why, &[&status.to_string()]);
    }
}

#[test]
fn a_page_for_people_in_the_place_of_any_file() {
    let page = "<!doctype html><title>Please log in</title>";
    for good in all(0) {
        let why = failed_with(&good, Answer::Page(page));
        assert_says(&why, &["Please log in"]);
    }
}

#[test]
fn a_redirect_loop() {
    let scratch = Scratch::new();
    let server = FileServer::start();
    server.set("/a", Answer::Redirect(server.url("/b")));
    server.set("/b", Answer::Redirect(server.url("/a")));
    let source = source("iptoasn", &[server.url("/a")]);
    let outcome = db(&scratch, &source, &["update"]);
    outcome.failed(1);
    assert!(outcome.stderr.contains("redirect"), "{outcome:?}");
    assert!(server.asked().len() <= 11, "{:?}", server.asked());
}

#[test]
fn a_server_that_stalls_or_breaks_off() {
    let [good, ..] = all(1);
    let why = iptoasn_failed_with(Answer::Stall(good.body.clone(), 10));
    assert_says(&why, &["1 s"]);
    let why = iptoasn_failed_with(Answer::Cut(good.body, 10));
    assert_says(&why, &["cut short"]);
}

#[test]
fn a_file_of_any_format_that_is_cut_short_empty_or_of_another_format() {
    for (good, other) in all(0).iter().zip(all(1).iter().cycle().skip(2)) {
        assert_ne!(good.format, other.format);
        let half = good.body[..good.body.len() / 2].to_vec();
        for body in [half, gzip(b""), other.body.clone()] {
            let why = failed_with(good, file(body, "\"bad\""));
            assert_says(&why, &["what came is not used", "expected"]);
        }
    }
}

#[test]
fn a_file_with_a_flipped_bit() {
    for good in all(0) {
        let mut body = good.body.clone();
        // Within what is packed: the checksum of gzip, or the format itself, tells it.
        let at = match good.format {
            "mmdb" if !body.starts_with(&[0x1f, 0x8b]) => body.len() - 4,
            _ => body.len() / 2,
        };
        body[at] ^= 4;
        failed_with(&good, file(body, "\"flipped\""));
    }
}

#[test]
fn an_archive_with_a_path_that_leads_out_of_it() {
    let [.., archived] = all(0);
    for path in ["../asn.mmdb", "/etc/asn.mmdb", "a/../../asn.mmdb"] {
        let why = failed_with(&archived, file(gzip(&archive(path)), "\"out\""));
        assert_says(&why, &[path, "expected"]);
        assert!(!Path::new("/etc/asn.mmdb").try_exists().unwrap());
    }
}

/// Runs `db update` with its directory on a file system of so many KiB.
fn update_on_small_disk(scratch: &Scratch, source: &str, kib: u32) -> Option<Outcome> {
    let unshare = tool("unshare", "a full disk")?;
    fs::create_dir_all(scratch.join("world")).unwrap();
    let script = format!(
        "mount -t tmpfs -o size={kib}k none world && cp -a before/. world/ && \"$@\"; \
         code=$?; cp -a world/. after/; exit $code"
    );
    fs::create_dir_all(scratch.join("before")).unwrap();
    fs::create_dir_all(scratch.join("after")).unwrap();
    let mut command = program(scratch);
    let flowstream = command.get_program().to_owned();
    command = {
        let mut outer = Command::new(unshare);
        outer
            .args([
                "--user",
                "--map-root-user",
                "--mount",
                "sh",
                "-c",
                &script,
                "sh",
            ])
            .arg(flowstream)
            .current_dir(scratch.path())
            .env("FLOWSTREAM_CFG_DATABASES__UPDATE", "false");
        outer
    };
    command.args(["db", "update", "--all", "--set", source]);
    command.args(["--set", "databases.directory=\"world\""]);
    Some(finish(start(&mut command)))
}

#[test]
fn a_disk_that_is_full_while_a_source_comes_or_the_database_is_built() {
    let large = |asn: u32| {
        let mut rows = String::new();
        for net in 0..2_000_u32 {
            let (high, low) = (net / 256, net % 256);
            let asn = asn + net;
            rows.push_str(&format!(
                "20.{high}.{low}.0\t20.{high}.{low}.255\t{asn}\tCH\tEXAMPLE-{asn}\n"
            ));
        }
        rows.into_bytes()
    };
    let octets = large(1_000).len() / 1_024;
    let scratch = Scratch::new();
    let (server, source) = served(file(iptoasn(64_500), "\"1\""));
    assert_eq!(db(&scratch, &source, &["update"]).code, Some(0));
    fs::rename(scratch.join("world"), scratch.join("before")).unwrap();
    let before = fs::read(scratch.join("before/global.flowdb")).unwrap();
    server.set("/mine", file(large(1_000), "\"2\""));
    // Too small for the source; and for what is built of it besides.
    for kib in [octets / 2, octets + 24] {
        let kib = u32::try_from(kib).unwrap();
        let Some(outcome) = update_on_small_disk(&scratch, &source, kib) else {
            return;
        };
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        assert!(
            outcome.stderr.contains("No space left"),
            "{kib} KiB: {outcome:?}"
        );
        assert!(!outcome.stderr.contains("panic"), "{outcome:?}");
        let after = fs::read(scratch.join("after/global.flowdb")).unwrap();
        assert_eq!(before, after, "the old one stays");
        fs::remove_dir_all(scratch.join("after")).unwrap();
    }
}

#[test]
fn a_source_that_changed_on_disk_is_not_built_from_and_fetched_anew() {
    let scratch = Scratch::new();
    let (server, source) = served(file(iptoasn(64_500), "\"1\""));
    assert_eq!(db(&scratch, &source, &["update"]).code, Some(0));
    let path = scratch.join("world/sources/mine");
    let mut octets = fs::read(&path).unwrap();
    // Still a good file of that length, but of another AS.
    let at = octets.windows(5).position(|five| five == b"64500").unwrap();
    octets[at + 4] = b'1';
    fs::write(&path, octets).unwrap();
    let outcome = db(&scratch, &source, &["build"]);
    let error = outcome.failed(1);
    assert!(error.contains("other octets than were fetched"), "{error}");
    assert_eq!(lookup(&scratch, &source, "198.18.3.4")["asn"], 64_500);
    assert_eq!(db(&scratch, &source, &["update"]).code, Some(0));
    assert_eq!(server.asked().len(), 2);
    assert_eq!(db(&scratch, &source, &["build"]).code, Some(0));
}

#[test]
fn a_damaged_manifest_is_set_aside_and_all_fetched_anew() {
    let scratch = Scratch::new();
    let (server, source) = served(file(iptoasn(64_500), "\"1\""));
    assert_eq!(db(&scratch, &source, &["update"]).code, Some(0));
    fs::write(scratch.join("world/manifest.json"), "{\"version\": 1").unwrap();
    let outcome = db(&scratch, &source, &["status"]);
    assert!(outcome.failed(1).contains("manifest.json"), "{outcome:?}");
    let outcome = db(&scratch, &source, &["update"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.stderr.contains("set aside"), "{outcome:?}");
    let aside = scratch.join("world/manifest.json.damaged");
    assert!(aside.try_exists().unwrap());
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn a_damaged_global_database_is_refused() {
    let scratch = Scratch::new();
    let (_server, source) = served(file(iptoasn(64_500), "\"1\""));
    assert_eq!(db(&scratch, &source, &["update"]).code, Some(0));
    let path = scratch.join("world/global.flowdb");
    let mut octets = fs::read(&path).unwrap();
    let middle = octets.len() / 2;
    octets[middle] ^= 0x10;
    fs::write(&path, octets).unwrap();
    let outcome = db(&scratch, &source, &["lookup", "198.18.0.1"]);
    assert!(outcome.failed(1).contains("global.flowdb"), "{outcome:?}");
    assert_eq!(db(&scratch, &source, &["build"]).code, Some(0));
    assert_eq!(lookup(&scratch, &source, "198.18.3.4")["asn"], 64_500);
}
