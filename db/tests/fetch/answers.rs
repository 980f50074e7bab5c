//! What servers answer.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use db::fetch::{BasicAuth, Fetched, Validators, fetch};

use super::server::{Server, answer, file, header, say};
use super::{came, directory, fetched, names, refusal, refused, request};

const ETAG: &str = "\"abc-1\"";
const DATE: &str = "Wed, 21 Oct 2026 07:28:00 GMT";

#[test]
fn a_file_comes_whole_with_its_sum_and_what_tells_it_from_others() {
    let etag = format!("ETag: {ETAG}");
    let date = format!("Last-Modified: {DATE}");
    let server = Server::new(vec![answer("200 OK", &[&etag, &date], b"abc")]);
    let url = server.url("/asn.gz?key=k");
    let came = came("whole", &request(&url));
    assert_eq!(came.octets, b"abc");
    assert_eq!(
        came.sha256,
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    assert_eq!(came.validators.etag.as_deref(), Some(ETAG));
    assert_eq!(came.validators.last_modified.as_deref(), Some(DATE));
    assert_eq!(came.final_url, server.url("/asn.gz?...").as_str());
    let [asked] = &server.heard()[..] else {
        panic!("asked once");
    };
    assert!(
        asked.starts_with("GET /asn.gz?key=k HTTP/1.1\r\n"),
        "{asked}"
    );
    assert!(
        header(asked, "User-Agent")
            .unwrap()
            .starts_with("flowstream/")
    );
    assert_eq!(header(asked, "Accept-Encoding"), Some("identity"));
    for name in ["Authorization", "If-None-Match", "If-Modified-Since"] {
        assert_eq!(header(asked, name), None, "{name}");
    }
}

#[test]
fn a_file_comes_in_chunks_too_or_up_to_the_end_of_the_connection() {
    let chunked =
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
    let closed = b"HTTP/1.0 200 OK\r\n\r\nabc";
    let server = Server::new(vec![say(chunked), say(closed)]);
    let url = server.url("/");
    for name in ["chunked", "closed"] {
        assert_eq!(came(name, &request(&url)).octets, b"abc");
    }
}

#[test]
fn a_packed_file_stays_packed_whatever_the_server_calls_that() {
    let packed = b"\x1f\x8b\x08\x00not really";
    let server = Server::new(vec![answer("200 OK", &["Content-Encoding: gzip"], packed)]);
    let url = server.url("/");
    assert_eq!(came("packed", &request(&url)).octets, packed);
}

#[test]
fn progress_is_told_while_it_comes() {
    let body = vec![7; 300_000];
    let server = Server::new(vec![file(&body)]);
    let url = server.url("/");
    let mut told = Vec::new();
    let directory = directory("progress");
    fetch(&request(&url), &directory, &mut |done, of| {
        told.push((done, of));
    })
    .unwrap();
    assert_eq!(told.last(), Some(&(300_000, Some(300_000))));
    assert!(told.len() > 1 && told.is_sorted(), "{told:?}");
    assert_eq!(
        names(&directory),
        [""; 0],
        "what is not committed is removed"
    );
}

#[test]
fn a_file_that_is_known_comes_again_only_if_it_has_changed() {
    let etag = format!("ETag: {ETAG}");
    let date = format!("Last-Modified: {DATE}");
    let server = Server::new(vec![
        answer("200 OK", &[&etag, &date], b"abc"),
        say(format!("HTTP/1.1 304 Not Modified\r\n{etag}\r\n\r\n")),
        answer("200 OK", &["ETag: \"abc-2\""], b"abcd"),
    ]);
    let url = server.url("/");
    let first = came("first", &request(&url));
    let again = || {
        let mut request = request(&url);
        request.known = Some(&first.validators);
        request
    };
    let (second, directory) = fetched("second", &again());
    assert!(matches!(second, Ok(Fetched::NotModified)), "{second:?}");
    assert_eq!(names(&directory), [""; 0]);
    let third = came("third", &again());
    assert_eq!(third.octets, b"abcd");
    assert_eq!(third.validators.etag.as_deref(), Some("\"abc-2\""));
    assert_eq!(third.validators.last_modified, None);
    for asked in &server.heard()[1..] {
        assert_eq!(header(asked, "If-None-Match"), Some(ETAG));
        assert_eq!(header(asked, "If-Modified-Since"), Some(DATE));
    }
}

#[test]
fn that_nothing_has_changed_is_an_error_where_nothing_is_known() {
    let server = Server::new(vec![say("HTTP/1.1 304 Not Modified\r\n\r\n"); 2]);
    let url = server.url("/");
    let nothing = Validators::default();
    for known in [None, Some(&nothing)] {
        let mut request = request(&url);
        request.known = known;
        let error = refused("unasked", &request);
        assert!(
            error.starts_with("the server answers 304; expected 200"),
            "{error}"
        );
    }
}

#[test]
fn what_is_known_of_a_file_cannot_add_headers_and_is_short() {
    let long = format!("ETag: \"{}\"", "x".repeat(2_000));
    let server = Server::new(vec![answer("200 OK", &[&long], b"abc")]);
    let url = server.url("/");
    let known = Validators {
        etag: Some("\"a\"\r\nX-Added: yes".to_owned()),
        last_modified: None,
    };
    let mut request = request(&url);
    request.known = Some(&known);
    assert_eq!(came("added", &request).validators, Validators::default());
    let heard = server.heard();
    assert_eq!(header(&heard[0], "X-Added"), None);
    assert_eq!(header(&heard[0], "If-None-Match"), None);
}

#[test]
fn a_status_that_brings_no_file_says_what_to_check() {
    for (status, body, text) in [
        ("401 Unauthorized", "", "401; it may want an account"),
        (
            "403 Forbidden",
            "Invalid license key\n",
            "403 and `Invalid license key`; it may want an account",
        ),
        (
            "404 Not Found",
            "<html><title>Not here</title>",
            "404 and `Not here`; there is no such file",
        ),
        ("410 Gone", "", "410; there is no such file"),
        ("429 Too Many Requests", "", "429; it is busy"),
        (
            "500 Oh",
            "\x1b[31m",
            "500 and `\\u{1b}[31m`; try again later",
        ),
        ("204 No Content", "", "204; expected 200 and a file"),
        ("206 Partial Content", "abc", "206 and `abc`; expected 200"),
        ("300 Multiple Choices", "", "300; expected 200"),
    ] {
        let server = Server::new(vec![answer(status, &[], body.as_bytes())]);
        let error = refusal("status", &request(&server.url("/")));
        assert_eq!(error.retry_after(), None);
        let error = error.to_string();
        assert!(
            error.contains(&format!("the server answers {text}")),
            "{error}"
        );
    }
}

#[test]
fn a_server_that_is_busy_says_when_to_come_again() {
    for (status, after, rest) in [
        ("429 Too Many Requests", "120", Some(120)),
        (
            "503 Service Unavailable",
            "Sun, 06 Nov 1994 08:49:37 GMT",
            Some(0),
        ),
        ("503 Service Unavailable", "soon", None),
    ] {
        let after = format!("Retry-After: {after}");
        let server = Server::new(vec![answer(status, &[&after], b"")]);
        let error = refusal("busy", &request(&server.url("/")));
        assert_eq!(
            error.retry_after(),
            rest.map(Duration::from_secs),
            "{error}"
        );
    }
}

#[test]
fn a_page_in_place_of_a_file_is_called_a_page() {
    let page = b"<title>Log in</title>";
    let server = Server::new(vec![
        answer("200 OK", &["Content-Type: text/html; charset=utf-8"], page),
        file(&[&b"\n<!DOCTYPE html>"[..], page].concat()),
        answer("200 OK", &["Content-Type: text/html"], b""),
    ]);
    let url = server.url("/");
    for text in [" with the title `Log in`", " with the title `Log in`", ""] {
        let error = refused("page", &request(&url));
        let start = format!("found an HTML page{text}; expected a file");
        assert!(error.starts_with(&start), "{error}");
    }
}

#[test]
fn an_empty_answer_is_no_file() {
    let server = Server::new(vec![file(b"")]);
    let error = refused("empty", &request(&server.url("/")));
    assert!(error.starts_with("found an empty file"), "{error}");
}

#[test]
fn a_secret_is_sent_and_never_shown() {
    let directory = directory("secret");
    let path = directory.join("account");
    fs::write(&path, "anna:GEHEIM\n").unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    let secret = BasicAuth::read(&path).unwrap();
    let server = Server::new(vec![file(b"abc"), answer("401 Unauthorized", &[], b"")]);
    let url = server.url("/?key=GEHEIM");
    let mut request = request(&url);
    request.secret = Some(&secret);
    assert_eq!(came("secret_sent", &request).octets, b"abc");
    let error = refusal("secret_refused", &request);
    let text = format!("{error} {error:?} {request:?}");
    assert!(
        text.contains("check user and key in the file of the secret"),
        "{text}"
    );
    assert!(
        !text.contains("GEHEIM") && !text.contains("R0VIRUlN"),
        "{text}"
    );
    for asked in server.heard() {
        let sent = header(&asked, "Authorization");
        assert_eq!(sent, Some("Basic YW5uYTpHRUhFSU0="), "anna:GEHEIM");
    }
}

#[test]
fn a_secret_that_others_may_read_is_refused() {
    let path = directory("open_secret").join("account");
    fs::write(&path, "anna:GEHEIM").unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    let error = BasicAuth::read(&path).unwrap_err().to_string();
    assert!(
        error.contains("mode 640; expected a file that only its owner may read"),
        "{error}"
    );
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    fs::write(&path, "x".repeat(2_000)).unwrap();
    let error = BasicAuth::read(&path).unwrap_err().to_string();
    assert!(error.ends_with("found more than 1024 octets; expected one line `USER:KEY`"));
    assert!(BasicAuth::read(path.parent().unwrap()).is_err());
}
