//! Redirects.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use db::fetch::{BasicAuth, Url};

use super::server::{Bound, Server, Step, answer, file, header};
use super::{came, directory, refused, request};

/// An answer that leads elsewhere.
fn to(status: &str, location: &str) -> Vec<Step> {
    answer(status, &[&format!("Location: {location}")], b"over there")
}

fn secret(name: &str) -> BasicAuth {
    let path = directory(name).join("account");
    fs::write(&path, "anna:GEHEIM").unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    BasicAuth::read(&path).unwrap()
}

#[test]
fn redirects_of_each_kind_are_followed_to_the_file() {
    let statuses = ["301 a", "302 b", "303 c", "307 d", "308 e"];
    let mut answers: Vec<_> = (1..)
        .zip(statuses)
        .map(|(number, status)| to(status, &format!("../{number}")))
        .collect();
    answers.push(file(b"abc"));
    let server = Server::new(answers);
    let url = server.url("/dir/0");
    let came = came("each_kind", &request(&url));
    assert_eq!(came.octets, b"abc");
    assert_eq!(came.final_url, server.url("/5").as_str());
}

#[test]
fn a_secret_goes_with_a_redirect_to_the_same_host_and_to_no_other() {
    let there = Server::new(vec![file(b"abc"), answer("403 No", &[], b"")]);
    let here = Bound::new();
    let url = here.url("/a");
    let elsewhere = to("302 Found", there.url("/c").as_str());
    let answers = vec![to("302 Found", "/b"), elsewhere.clone(), elsewhere];
    let here = here.answering(answers);
    let secret = secret("same_host");
    let mut request = request(&url);
    request.secret = Some(&secret);
    assert_eq!(came("other_host", &request).octets, b"abc");
    let error = refused("other_host_refused", &request);
    assert!(
        error.contains("403; the secret was held back, since"),
        "{error}"
    );
    for asked in here.heard() {
        assert!(header(&asked, "Authorization").is_some());
    }
    for asked in there.heard() {
        assert_eq!(header(&asked, "Authorization"), None);
    }
}

#[test]
fn redirects_in_a_circle_are_seen_as_such() {
    let server = Server::new(vec![to("302 a", "/b?GEHEIM"), to("302 b", "/a")]);
    let error = refused("circle", &request(&server.url("/a")));
    let start = format!(
        "the redirects lead in a circle, back to {}",
        server.url("/a")
    );
    assert!(error.starts_with(&start), "{error}");
    let server = Server::new(vec![to("302 a", "?GEHEIM")]);
    let error = refused("itself", &request(&server.url("/a?GEHEIM")));
    assert!(
        error.contains("circle") && !error.contains("GEHEIM"),
        "{error}"
    );
}

#[test]
fn ten_redirects_are_followed_and_not_eleven() {
    let steps = |count: usize| -> Vec<_> {
        (1..=count)
            .map(|n| to("302 on", &format!("/{n}")))
            .collect()
    };
    let mut answers = steps(10);
    answers.push(file(b"abc"));
    let server = Server::new(answers);
    assert_eq!(came("ten", &request(&server.url("/"))).octets, b"abc");
    let server = Server::new(steps(11));
    let error = refused("eleven", &request(&server.url("/")));
    assert!(error.starts_with("more than 10 redirects"), "{error}");
    assert_eq!(server.heard().len(), 11, "each is asked once");
}

#[test]
fn a_redirect_that_leads_to_no_server_is_refused() {
    for (location, text) in [
        ("file:///etc/passwd", "`file:///etc/passwd`"),
        ("ftp://example.com/", "`ftp://example.com/`"),
        (
            "http://anna:GEHEIM@example.com/",
            "a user or password in the address",
        ),
        ("http://", "`http://`"),
    ] {
        let server = Server::new(vec![to("302 on", location)]);
        let error = refused("astray", &request(&server.url("/")));
        let start = format!("a redirect leads to {text}; expected");
        assert!(error.starts_with(&start), "{error}");
        assert!(!error.contains("GEHEIM"), "{error}");
    }
    let server = Server::new(vec![answer("302 on", &[], b"")]);
    let error = refused("nowhere", &request(&server.url("/")));
    assert!(error.starts_with("a redirect leads to nowhere"), "{error}");
}

#[test]
fn what_is_asked_again_after_a_redirect_is_still_conditional() {
    let server = Server::new(vec![
        to("302 on", "/b"),
        super::server::say("HTTP/1.1 304 Not Modified\r\n\r\n"),
    ]);
    let url: Url = server.url("/a");
    let known = db::fetch::Validators {
        etag: Some("\"e\"".to_owned()),
        last_modified: None,
    };
    let mut request = request(&url);
    request.known = Some(&known);
    let (fetched, _) = super::fetched("conditional", &request);
    assert!(matches!(fetched, Ok(db::fetch::Fetched::NotModified)));
    assert_eq!(header(&server.heard()[1], "If-None-Match"), Some("\"e\""));
}
