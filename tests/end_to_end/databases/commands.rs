//! `flowstream db update`, `build`, `status` and `lookup`.

use serde_json::Value;

use super::files::all;
use super::{
    Answer, assert_tidy, db, file, fixture, gzip, iptoasn, lookup, make_older, served, source,
    status,
};
use crate::support::Scratch;
use crate::support::http::FileServer;

#[test]
fn what_is_fetched_is_built_and_found() {
    let scratch = Scratch::new();
    let (server, source) = served(file(gzip(&iptoasn(64_500)), "\"1\""));
    let [before, global] = &status(&scratch, &source)[..] else {
        panic!("two lines")
    };
    assert_eq!(before["state"], "missing");
    assert_eq!(global["advice"], "run `flowstream db update`");
    assert_eq!(lookup(&scratch, &source, "198.18.3.4")["asn"], Value::Null);

    let outcome = db(&scratch, &source, &["update"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(outcome.stdout, "");
    for addr in ["198.18.3.4", "2001:db8::1"] {
        let found = lookup(&scratch, &source, addr);
        assert_eq!(found["asn"], 64_500, "{found}");
        assert_eq!(found["as_name"], "EXAMPLE-64500");
        assert_eq!(found["country"], "CH");
    }
    let [now, global] = &status(&scratch, &source)[..] else {
        panic!("two lines")
    };
    assert_eq!(now["state"], "fresh");
    assert_eq!(now["file"]["url"], server.url("/mine"));
    assert_eq!(now["file"]["validators"]["etag"], "\"1\"");
    assert_eq!(global["current"], true);
    assert_eq!(global["advice"], Value::Null);
    assert_tidy(&scratch);
}

#[test]
fn each_format_is_fetched_built_and_found() {
    for good in all(0) {
        let scratch = Scratch::new();
        let server = FileServer::start();
        server.set("/mine", file(good.body.clone(), "\"1\""));
        let source = source(good.format, &[server.url("/mine")]);
        let outcome = db(&scratch, &source, &["update"]);
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        let found = lookup(&scratch, &source, good.addr);
        assert_eq!(found["asn"], good.asn, "{}: {found}", good.format);
        if good.format == "mrt" {
            // Two of three peers saw this origin; the other is told of.
            let told = db(&scratch, &source, &["lookup", good.addr]).stdout;
            assert!(
                told.contains("stated    AS100, weight 2, which counts"),
                "{told}"
            );
            assert!(told.contains("stated    AS9, weight 1\n"), "{told}");
        }
    }
}

#[test]
fn what_is_fresh_is_not_asked_for_and_what_has_not_changed_does_not_come_again() {
    let scratch = Scratch::new();
    let (server, source) = served(file(iptoasn(64_500), "\"1\""));
    assert_eq!(db(&scratch, &source, &["update"]).code, Some(0));
    assert_eq!(db(&scratch, &source, &["update"]).code, Some(0));
    assert_eq!(server.asked().len(), 1, "it is fresh");
    let outcome = db(&scratch, &source, &["update", "--all"]);
    assert!(
        outcome.stderr.contains("mine: has not changed"),
        "{outcome:?}"
    );
    let asked = server.asked();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[1].headers["if-none-match"], "\"1\"");

    server.set("/mine", file(iptoasn(64_501), "\"2\""));
    assert_eq!(db(&scratch, &source, &["update", "--all"]).code, Some(0));
    assert_eq!(lookup(&scratch, &source, "198.18.3.4")["asn"], 64_501);
}

#[test]
fn what_has_become_too_old_is_stale_and_fetched_again() {
    let scratch = Scratch::new();
    let (server, source) = served(file(iptoasn(64_500), "\"1\""));
    assert_eq!(db(&scratch, &source, &["update"]).code, Some(0));
    make_older(&scratch, 8);

    let [stale, global] = &status(&scratch, &source)[..] else {
        panic!("two lines")
    };
    assert_eq!(stale["state"], "stale");
    assert!(stale["age_s"].as_u64().unwrap() >= 8 * 86_400);
    assert_eq!(global["advice"], "run `flowstream db update`");
    let told = db(&scratch, &source, &["status"]).stdout;
    assert!(told.contains("mine    stale  8 d  7 d"), "{told}");
    assert_eq!(db(&scratch, &source, &["update"]).code, Some(0));
    assert_eq!(server.asked().len(), 2);
    assert_eq!(status(&scratch, &source)[0]["state"], "fresh");
}

#[test]
fn the_next_place_is_tried_if_one_fails() {
    let scratch = Scratch::new();
    let (server, _) = served(file(iptoasn(64_500), "\"1\""));
    server.set("/gone", Answer::Status(404));
    let urls = [server.url("/gone"), server.url("/mine")];
    let source = source("iptoasn", &urls);
    let outcome = db(&scratch, &source, &["update"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(
        outcome.stderr.contains("trying another place"),
        "{outcome:?}"
    );
    assert_eq!(status(&scratch, &source)[0]["file"]["url"], urls[1]);
}

#[test]
fn a_file_of_this_machine_is_a_source_too() {
    let scratch = Scratch::new();
    let path = scratch.file("asn.mmdb", fixture("asn.mmdb"));
    let source = source("mmdb", &[format!("file://{}", path.display())]);
    let outcome = db(&scratch, &source, &["update"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(status(&scratch, &source)[0]["state"], "fresh");
}

#[test]
fn sources_named_first_count_first_and_others_fill_in() {
    let scratch = Scratch::new();
    let server = FileServer::start();
    server.set(
        "/first",
        file(
            b"198.18.0.0\t198.18.255.255\t64500\tCH\tFIRST\n".to_vec(),
            "\"1\"",
        ),
    );
    server.set("/second", file(iptoasn(64_501), "\"1\""));
    let source = |names: [&str; 2]| {
        let tables = names.map(|name| {
            let url = server.url(&format!("/{name}"));
            format!("{{ name = \"{name}\", format = \"iptoasn\", url = \"{url}\" }}")
        });
        format!("databases.sources=[{}]", tables.join(", "))
    };
    let both = source(["first", "second"]);
    assert_eq!(db(&scratch, &both, &["update"]).code, Some(0));
    assert_eq!(lookup(&scratch, &both, "198.18.0.1")["asn"], 64_500);
    assert_eq!(lookup(&scratch, &both, "198.19.0.1")["asn"], 64_501);
}

#[test]
fn building_without_anything_fetched_says_what_to_do() {
    let scratch = Scratch::new();
    let (_server, source) = served(Answer::Status(404));
    let outcome = db(&scratch, &source, &["build"]);
    let error = outcome.failed(1);
    assert!(error.contains("run `flowstream db update`"), "{error}");
}

#[test]
fn a_source_that_nobody_knows_is_an_error_of_the_settings() {
    let scratch = Scratch::new();
    let outcome = db(&scratch, "databases.sources=[\"iptoasm\"]", &["status"]);
    let error = outcome.failed(78);
    assert!(
        error.starts_with("databases.sources[0]: found the name \"iptoasm\""),
        "{error}"
    );
    assert!(error.contains("iptoasn"), "{error}");
}
