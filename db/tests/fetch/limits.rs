//! What is too large, too slow, cut short, or not wanted any more.

use std::thread;
use std::time::Duration;

use db::fetch::{Cancel, Request, Url, fetch};

use super::server::{Bound, Server, Step, answer, file, say};
use super::{came, directory, names, refusal, refused, request};

const SHORT: Duration = Duration::from_millis(300);

fn at_most(octets: u64, url: &Url) -> Request<'_> {
    let mut request = request(url);
    request.limits.octets = octets;
    request
}

#[test]
fn a_file_that_is_announced_too_large_is_not_taken() {
    let server = Server::new(vec![file(&[7; 1_001]), file(&[7; 1_000])]);
    let url = server.url("/");
    let error = refused("announced", &at_most(1_000, &url));
    assert!(
        error.starts_with("1001 octets; at most 1000 are taken"),
        "{error}"
    );
    assert_eq!(came("just", &at_most(1_000, &url)).octets.len(), 1_000);
}

#[test]
fn a_file_that_goes_on_without_end_is_taken_up_to_the_limit() {
    let mut steps = say("HTTP/1.0 200 OK\r\n\r\n");
    steps.extend(vec![Step::Say(vec![7; 100_000]); 10]);
    let server = Server::new(vec![steps]);
    let url = server.url("/");
    let error = refused("endless", &at_most(200_000, &url));
    assert!(
        error.contains("octets; at most 200000 are taken"),
        "{error}"
    );
}

#[test]
fn a_file_that_is_cut_short_is_not_taken() {
    let whole = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabcde";
    let server = Server::new(vec![say(whole)]);
    let error = refused("cut", &request(&server.url("/")));
    assert_eq!(error, "cut short: 5 octets of 10 came; try again");
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n";
    let server = Server::new(vec![say(chunked)]);
    let error = refused("cut_chunks", &request(&server.url("/")));
    assert_eq!(error, "cut short: 5 octets came; try again");
    let server = Server::new(vec![say("HTTP/1.1 200 OK\r\nContent-Le"), say("")]);
    let url = server.url("/");
    for name in ["cut_head", "no_answer"] {
        let error = refused(name, &request(&url));
        assert!(
            error.contains("the connection ended before an answer"),
            "{error}"
        );
    }
}

#[test]
fn a_server_that_stalls_is_given_up() {
    let begun = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabcde";
    for (name, said, octets) in [
        ("stalls", begun, "5 octets of 10"),
        ("stalls_at_once", "", "0 octets"),
        ("stalls_in_head", "HTTP/1.1 200 OK\r\nContent", "0 octets"),
    ] {
        let server = Server::new(vec![vec![Step::Say(said.into()), Step::Stall]]);
        let url = server.url("/");
        let mut request = request(&url);
        request.limits.stall = SHORT;
        let error = refused(name, &request);
        let text = format!("nothing came for 0.3 s, after {octets}; try again later");
        assert_eq!(error, text);
    }
}

#[test]
fn a_server_that_drips_is_too_slow_though_it_never_stalls() {
    let mut steps = say("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    for _ in 0..100 {
        steps.extend([
            Step::Say(b"x".into()),
            Step::Rest(Duration::from_millis(20)),
        ]);
    }
    let server = Server::new(vec![steps]);
    let url = server.url("/");
    let mut request = request(&url);
    request.limits.stall = SHORT;
    request.limits.total = 2 * SHORT;
    let error = refused("drips", &request);
    assert!(error.starts_with("too slow: "), "{error}");
    assert!(
        error.contains(" of 1000 within 0.6 s, the limit; try another mirror"),
        "{error}"
    );
}

#[test]
fn all_redirects_together_have_one_time() {
    let slow = |n: usize| {
        let mut steps = vec![Step::Rest(SHORT)];
        steps.extend(answer("302 on", &[&format!("Location: /{n}")], b""));
        steps
    };
    let server = Server::new((1..=3).map(slow).collect());
    let url = server.url("/");
    let mut request = request(&url);
    request.limits.total = 2 * SHORT;
    assert!(refused("slow_redirects", &request).starts_with("too slow: 0 octets within"));
}

#[test]
fn a_fetch_ends_when_it_is_cancelled_while_octets_come() {
    let server = Server::new(vec![file(&[7; 1_000_000])]);
    let url = server.url("/");
    let request = request(&url);
    let directory = directory("cancelled");
    let cancel = request.cancel.clone();
    let error = fetch(&request, &directory, &mut |_, _| cancel.cancel()).unwrap_err();
    assert!(error.is_cancelled(), "{error}");
    assert_eq!(names(&directory), [""; 0]);
}

#[test]
fn a_fetch_ends_when_it_is_cancelled_while_nothing_comes() {
    let steps = vec![Step::Say(b"HTTP/1.1 200 OK\r\n\r\nabc".into()), Step::Stall];
    let server = Server::new(vec![steps]);
    let url = server.url("/");
    let request = request(&url);
    let cancel: Cancel = request.cancel.clone();
    let thread = thread::spawn(move || {
        thread::sleep(SHORT);
        cancel.cancel();
    });
    let error = refusal("cancelled_waiting", &request);
    assert!(error.is_cancelled(), "{error}");
    thread.join().unwrap();
    server.heard();
    let error = refusal("cancelled_before", &request);
    assert!(error.is_cancelled(), "{error}");
}

#[test]
fn a_server_that_is_not_there_is_told() {
    let bound = Bound::new();
    let url = bound.url("/");
    drop(bound);
    let error = refused("not_there", &request(&url));
    assert!(
        error.starts_with("no connection: Connection refused"),
        "{error}"
    );
}

#[test]
fn what_speaks_something_else_is_told() {
    let long = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(200_000));
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(5_000));
    for said in ["SSH-2.0-OpenSSH_9.9\r\n\r\n", &long, &many] {
        let server = Server::new(vec![say(said)]);
        let error = refused("not_http", &request(&server.url("/")));
        assert!(
            error.starts_with("found an answer that is not HTTP: "),
            "{error}"
        );
    }
}

#[test]
fn a_directory_that_is_not_there_is_an_error_of_writing() {
    let server = Server::new(vec![file(b"abc")]);
    let url = server.url("/");
    let gone = directory("gone").join("not");
    let error = fetch(&request(&url), &gone, &mut |_, _| {}).unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("fetch_gone/not: cannot be written: No such file"),
        "{error}"
    );
}
