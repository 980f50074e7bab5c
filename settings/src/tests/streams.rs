//! TCP and TLS: what is checked, and what the errors say.

use std::path::Path;
use std::time::Duration;

use super::{Given, site};

/// TLS with all that it needs.
fn tls() -> Given {
    site(
        "[receiver]\nlisten_tls = [\"127.0.0.1:4740\"]\n\n[receiver.tls]\n\
         certificate = \"c.pem\"\nkey = \"k.pem\"\nclient_ca = \"ca.pem\"\n",
    )
}

fn said(given: Given) -> Vec<String> {
    given.errors().iter().map(ToString::to_string).collect()
}

#[test]
fn plain_tcp_is_the_default_and_tls_is_not() {
    let settings = Given::default().settings();
    let streams = settings.receiver().streams();
    let tcp: Vec<String> = streams.tcp().iter().map(ToString::to_string).collect();
    assert_eq!(tcp, ["0.0.0.0:4739", "[::]:4739"]);
    assert_eq!(streams.tls(), None);
    assert_eq!(
        (streams.most().get(), streams.per_exporter().get()),
        (1_000, 16)
    );
    assert_eq!(streams.idle_timeout(), Duration::from_secs(3_600));
    assert_eq!(streams.handshake_timeout(), Duration::from_secs(10));
}

#[test]
fn tls_has_its_files_and_the_exporters_that_are_admitted() {
    let given = tls().set("receiver.tls.exporters=[\"a.example\", \"192.0.2.1\"]");
    let settings = given.settings();
    let tls = settings.receiver().streams().tls().expect("TLS");
    assert_eq!(
        tls.listen(),
        ["127.0.0.1:4740".parse().expect("an address")]
    );
    let files = [tls.certificate(), tls.key(), tls.client_ca()];
    assert_eq!(files, ["c.pem", "k.pem", "ca.pem"].map(Path::new));
    assert_eq!(tls.exporters(), ["a.example", "192.0.2.1"]);
}

#[test]
fn tls_without_its_files_is_refused_where_it_was_asked_for() {
    let expected = |key: &str| {
        format!(
            "settings/site.toml:2: receiver.tls.{key}: found \"\"; expected the path of a PEM \
             file, as receiver.listen_tls is not empty (settings/site.toml:2)"
        )
    };
    let given = site("[receiver]\nlisten_tls = [\"127.0.0.1:4740\"]\n");
    assert_eq!(
        said(given),
        ["certificate", "key", "client_ca"].map(expected)
    );
    let given = tls().set("receiver.tls.key=");
    assert_eq!(
        said(given),
        [
            "--set receiver.tls.key: receiver.tls.key: found \"\"; expected the path of a PEM \
             file, as receiver.listen_tls is not empty (settings/site.toml:2)"
        ]
    );
}

#[test]
fn one_address_is_not_listened_to_with_and_without_tls() {
    let given = tls().set("receiver.listen_tcp=[\"127.0.0.1:4740\"]");
    let [error] = &said(given)[..] else {
        panic!("one error");
    };
    assert!(
        error.contains("receiver.listen_tls") && error.contains("listen_tcp"),
        "{error}"
    );
    let any = "receiver.listen_tcp=[\"127.0.0.1:0\"]";
    tls()
        .set(any)
        .set("receiver.listen_tls=[\"127.0.0.1:0\"]")
        .settings();
}

#[test]
fn names_that_no_certificate_has_are_refused_one_by_one() {
    let given = tls().set("receiver.tls.exporters=[\"good\", \"*.example.org\", 5]");
    let errors = said(given);
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(errors[0].contains("receiver.tls.exporters[1]: found \"*.example.org\""));
    assert!(errors[1].contains("receiver.tls.exporters[2]: found 5; expected a DNS name"));
    let given = tls().set("receiver.tls.exporters=all");
    assert!(said(given)[0].contains("a list of 0 to 10000 names"));
}

#[test]
fn one_exporter_may_not_have_more_streams_than_there_are() {
    let given = Given::default().set("receiver.streams_max=5");
    let [error] = &said(given)[..] else {
        panic!("one error");
    };
    assert!(
        error.contains("receiver.streams_max: found 5; expected at least"),
        "{error}"
    );
}
