//! Which layer wins.

use std::net::IpAddr;
use std::time::Duration;

use super::{Given, site};
use crate::Level;

fn idle(given: Given) -> u64 {
    given.settings().aggregator().idle_timeout().as_secs()
}

#[test]
fn later_layers_win() {
    const KEY: &str = "FLOWSTREAM_CFG_AGGREGATOR__IDLE_TIMEOUT";
    let given = Given::default();
    assert_eq!(idle(given.clone()), 30);
    let given = given.file("a.toml", "[aggregator]\nidle_timeout = \"31 s\"");
    assert_eq!(idle(given.clone()), 31);
    let given = given.file("b.toml", "[aggregator]\nidle_timeout = \"32 s\"");
    assert_eq!(idle(given.clone()), 32);
    let given = given.variable(KEY, "33 s");
    assert_eq!(idle(given.clone()), 33);
    let given = given.set("aggregator.idle_timeout=34 s");
    assert_eq!(idle(given.clone()), 34);
    let given = given.set("aggregator.idle_timeout=\"35 s\"");
    assert_eq!(idle(given), 35);
}

#[test]
fn a_wrong_value_does_not_matter_where_a_later_layer_puts_it_right() {
    let given = site("[aggregator]\nidle_timeout = \"soon\"");
    assert_eq!(idle(given.set("aggregator.idle_timeout=34 s")), 34);
}

#[test]
fn a_file_changes_only_what_it_names() {
    let settings = site("[log]\nlevel = \"debug\"\n").settings();
    assert_eq!(settings.log().level(), Level::Debug);
    let defaults = Given::default().settings();
    assert_eq!(settings.log().format(), defaults.log().format());
    assert_eq!(settings.receiver(), defaults.receiver());
}

#[test]
fn a_list_replaces_a_list_as_a_whole() {
    let settings = site("[receiver]\nlisten = [\"127.0.0.1:0\"]").settings();
    assert_eq!(settings.receiver().listen().len(), 1);
    let settings = Given::default()
        .variable(
            "FLOWSTREAM_CFG_RECEIVER__LISTEN",
            "[\"[::1]:0\", \"[::1]:0\"]",
        )
        .settings();
    assert_eq!(settings.receiver().listen().len(), 2);
}

#[test]
fn exporters_are_merged_by_address() {
    let active = |secs| Duration::from_secs(secs);
    let settings = site("[aggregator.exporters.\"192.0.2.1\"]\nactive_timeout = \"300 s\"")
        .file(
            "b.toml",
            "[aggregator]\nexporters = { \"192.0.2.2\" = { active_timeout = \"301 s\" } }",
        )
        .variable(
            "FLOWSTREAM_CFG_AGGREGATOR__EXPORTERS",
            "{ \"2001:db8::1\" = { active_timeout = \"302 s\" } }",
        )
        .set("aggregator.exporters.\"192.0.2.2\".active_timeout=303 s")
        .set("aggregator.exporters.\"192.0.2.3\"={}")
        .settings();
    let aggregator = settings.aggregator();
    for (address, secs) in [
        ("192.0.2.1", 300),
        ("::ffff:192.0.2.1", 300),
        ("192.0.2.2", 303),
        ("2001:db8::1", 302),
        ("192.0.2.3", 60),
        ("198.51.100.1", 60),
    ] {
        let address: IpAddr = address.parse().expect("an address");
        assert_eq!(
            aggregator.active_timeout_of(address),
            active(secs),
            "{address}"
        );
    }
    assert_eq!(aggregator.exporters().len(), 3);
}

#[test]
fn both_timeouts_of_an_exporter_are_set_apart_from_each_other() {
    let given = site("[aggregator.exporters.\"192.0.2.1\"]\nidle_timeout = \"15 s\"")
        .set("aggregator.exporters.\"192.0.2.2\".active_timeout=90 s");
    let settings = given
        .set("aggregator.exporter_idle_timeout=20 s")
        .settings();
    let aggregator = settings.aggregator();
    let secs = |time: Option<Duration>| time.map(|time| time.as_secs());
    let own = aggregator.exporters().values();
    let own = own.map(|own| (secs(own.active_timeout()), secs(own.idle_timeout())));
    assert_eq!(
        own.collect::<Vec<_>>(),
        [(None, Some(15)), (Some(90), None)]
    );
    assert_eq!(secs(aggregator.exporter_idle_timeout()), Some(20));
    let unknown = Given::default().settings();
    assert_eq!(unknown.aggregator().exporter_idle_timeout(), None);
}

#[test]
fn the_environment_of_others_is_left_alone() {
    let given = Given::default()
        .variable("PATH", "/bin")
        .variable("FLOWSTREAM_LOG", "loud")
        .variable("flowstream_cfg_mode", "x");
    assert_eq!(given.settings(), Given::default().settings());
}

#[test]
fn variables_and_arguments_may_be_toml_or_text() {
    for given in [
        Given::default().variable("FLOWSTREAM_CFG_RECORDER__DIRECTORY", "some where"),
        Given::default().variable("FLOWSTREAM_CFG_RECORDER__DIRECTORY", "'some where'"),
        Given::default().set("recorder.directory=some where"),
        Given::default().set("recorder.directory = \"some where\""),
        Given::default().set("\"recorder\".directory=some where"),
        Given::default().set(&crate::text_override("recorder.directory", "some where")),
    ] {
        let settings = given.settings();
        assert_eq!(settings.recorder().directory().to_str(), Some("some where"));
    }
    let dated = Given::default().set("recorder.directory=2026-01-01");
    assert_eq!(
        dated.settings().recorder().directory().to_str(),
        Some("2026-01-01")
    );
}
