//! What checked settings hold.

use std::path::{Path, PathBuf};
use std::time::Duration;

use proptest::prelude::*;

use super::{Given, site};
use crate::{ByteSize, Keep, KeyEpoch, Lanes, Level, LogFormat, Mode, Pace, Policy, Sync};

const MIB: u64 = 1_048_576;

#[test]
fn the_defaults_of_collecting() {
    let settings = Given::default().settings();
    assert_eq!(settings.mode(), Mode::Collect);
    assert_eq!(settings.pipeline().lanes(), Lanes::Auto);
    let receiver = settings.receiver();
    let listen: Vec<String> = receiver.listen().iter().map(ToString::to_string).collect();
    let ports = ["2055", "4739", "6343", "8877"];
    let both = ports.map(|port| [format!("0.0.0.0:{port}"), format!("[::]:{port}")]);
    assert_eq!(listen, both.concat());
    assert_eq!(receiver.receive_buffer(), ByteSize::new(64 * MIB));
    assert_eq!(receiver.datagrams_per_read().get(), 64);
    assert_eq!(receiver.exporters_max().get(), 10_000);
    assert_eq!(receiver.templates_per_exporter_max().get(), 1_000);
    assert_eq!(receiver.templates_keep(), Duration::from_secs(3_600));
    assert_eq!(receiver.elements(), None);
    let aggregator = settings.aggregator();
    assert_eq!(aggregator.idle_timeout(), Duration::from_secs(30));
    assert_eq!(
        aggregator.exporter_active_timeout(),
        Duration::from_secs(60)
    );
    assert_eq!(aggregator.slack(), Duration::from_secs(5));
    assert_eq!(aggregator.linger(), Duration::from_secs(2));
    assert_eq!(aggregator.longest_lifetime(), Duration::from_secs(3_600));
    assert_eq!(aggregator.flows_max().get(), 2_000_000);
    assert!(aggregator.exporters().is_empty());
    assert_eq!(settings.anonymizer().policy(), Policy::Standard);
    assert_eq!(settings.anonymizer().key_epoch(), KeyEpoch::Off);
    assert_eq!(
        settings.anonymizer().key_file(),
        Path::new("data/anonymizer.key")
    );
}

#[test]
fn the_defaults_of_keeping_and_serving() {
    let settings = Given::default().settings();
    let recorder = settings.recorder();
    assert_eq!(recorder.raw_directory(), PathBuf::from("data/raw"));
    assert_eq!(
        recorder.prepared_directory(),
        PathBuf::from("data/prepared")
    );
    assert!(recorder.records_raw() && recorder.records_prepared());
    assert_eq!(recorder.compression_level(), 1);
    assert_eq!(recorder.flush_interval(), Duration::from_secs(1));
    assert_eq!(recorder.segment_bytes(), ByteSize::new(256 * MIB));
    assert_eq!(recorder.segment_time(), Duration::from_secs(600));
    let each_second = Sync::Interval {
        interval: Duration::from_secs(1),
        bytes: ByteSize::new(8 * MIB),
    };
    assert_eq!(recorder.sync(), each_second);
    let keep = [recorder.keep_raw(), recorder.keep_prepared()];
    assert_eq!(keep, [Keep::default(); 2], "all is kept");
    assert_eq!(recorder.free_space_min(), ByteSize::new(0));
    let clients = settings.clients();
    assert_eq!(
        clients.listen(),
        ["127.0.0.1:11338".parse().expect("an address")]
    );
    assert!(!clients.insecure());
    assert_eq!(clients.sessions_max().get(), 1_000);
    assert_eq!(clients.request_timeout(), Duration::from_secs(10));
    assert_eq!(clients.request_bytes_max(), ByteSize::new(65_536));
    assert_eq!(clients.ring_bytes().as_usize(), 67_108_864);
    assert_eq!(clients.write_timeout(), Duration::from_secs(600));
    assert!(!clients.legacy_positions_swapped());
    assert_eq!(settings.replay().dataset(), None);
    assert_eq!(settings.replay().pace(), Pace::Original);
    assert!(settings.replay().wait_for_client());
}

#[test]
fn the_defaults_of_supervision_and_log() {
    let settings = Given::default().settings();
    let supervision = settings.supervision();
    assert_eq!(supervision.falls_max().get(), 5);
    assert_eq!(supervision.window(), Duration::from_secs(60));
    assert_eq!(supervision.backoff_min(), Duration::from_millis(100));
    assert_eq!(supervision.backoff_max(), Duration::from_secs(10));
    assert_eq!(supervision.mailbox().get(), 16);
    assert_eq!(supervision.quarantine_bytes_max(), ByteSize::new(64 * MIB));
    assert_eq!(
        supervision.quarantine_directory(),
        Path::new("data/quarantine")
    );
    assert_eq!(supervision.drain_timeout(), Duration::from_secs(30));
    assert_eq!(settings.log().level(), Level::Info);
    assert_eq!(settings.log().format(), LogFormat::Auto);
}

#[test]
fn a_database_is_required_only_where_the_operator_named_it() {
    let settings = site("[enricher]\nprivate_prefixes = \"db/private_prefixes.csv\"\n")
        .set("enricher.asn=asn.mmdb")
        .settings();
    let enricher = settings.enricher();
    let named = enricher.private_prefixes().expect("a file");
    assert!(named.is_required());
    assert_eq!(named.path(), Path::new("db/private_prefixes.csv"));
    let default = enricher.private_prefixes_vlans().expect("a file");
    assert!(!default.is_required());
    assert_eq!(default.path(), Path::new("db/private_prefixes_vlans.csv"));
    assert!(enricher.asn().is_some_and(crate::DatabaseFile::is_required));
    assert_eq!((enricher.country(), enricher.city()), (None, None));
    let without = site("[enricher]\nprivate_prefixes = \"\"\n").settings();
    assert_eq!(without.enricher().private_prefixes(), None);
}

#[test]
fn a_site_has_what_is_set_and_the_rest_is_unknown() {
    let defaults = Given::default().settings();
    assert_eq!(defaults.enricher().site(), &crate::Site::default());
    let text = "[enricher.site]\ncountry = \"ch\"\nlatitude = 47\nlongitude = -8.5\n\
                asn = 64500\nas_name = \"Example\"\n";
    let settings = site(text).settings();
    let told = settings.enricher().site();
    assert_eq!(told.country().expect("a country").as_str(), "CH");
    let position = told.position().expect("a position");
    assert_eq!((position.latitude, position.longitude), (47.0, -8.5));
    assert_eq!(
        (told.asn(), told.as_name()),
        (Some(64_500), Some("Example"))
    );
    let settings = Given::default()
        .set("enricher.site.asn=4294967294")
        .settings();
    let told = settings.enricher().site();
    assert_eq!(told.asn(), Some(4_294_967_294));
    assert_eq!((told.country(), told.position()), (None, None));
}

#[test]
fn a_site_that_cannot_be_says_what_would_be_right() {
    for (key, value, expected) in [
        ("country", "CHE", "two letters (ISO 3166-1)"),
        ("latitude", "90.5", "degrees from -90 to 90, or \"unknown\""),
        ("latitude", "nan", "degrees from -90 to 90"),
        ("longitude", "-181", "degrees from -180 to 180"),
        ("asn", "4294967295", "a whole number from 0 to 4294967294"),
        ("as_name", "\"a\\u001Bb\"", "without control characters"),
    ] {
        let errors = Given::default()
            .set(&format!("enricher.site.{key}={value}"))
            .errors()
            .to_string();
        assert!(
            errors.contains(&format!("enricher.site.{key}: found ")),
            "{errors}"
        );
        assert!(errors.contains(expected), "{errors}");
    }
    let half = site("[enricher.site]\nlatitude = 47\n")
        .errors()
        .to_string();
    assert!(
        half.contains("site.toml:2: enricher.site.longitude: found \"unknown\"; expected a number"),
        "{half}"
    );
}

#[test]
fn key_and_quarantine_follow_the_recorder_unless_they_are_named() {
    let settings = Given::default().set("recorder.directory=/var/x").settings();
    assert_eq!(
        settings.anonymizer().key_file(),
        Path::new("/var/x/anonymizer.key")
    );
    let quarantine = settings.supervision().quarantine_directory();
    assert_eq!(quarantine, Path::new("/var/x/quarantine"));
    let settings = Given::default()
        .set("anonymizer.key_file=k")
        .set("supervision.quarantine_directory=q")
        .settings();
    assert_eq!(settings.anonymizer().key_file(), Path::new("k"));
    for (text, epoch) in [("daily", KeyEpoch::Daily), ("hourly", KeyEpoch::Hourly)] {
        let given = Given::default().set(&format!("anonymizer.key_epoch={text}"));
        assert_eq!(given.settings().anonymizer().key_epoch(), epoch);
    }
    assert_eq!(
        settings.supervision().quarantine_directory(),
        Path::new("q")
    );
}

#[test]
fn clients_may_be_none_or_anywhere_if_the_operator_says_so() {
    let none = site("[clients]\nlisten = []").settings();
    assert!(none.clients().listen().is_empty());
    let open = site("[clients]\nlisten = [\"0.0.0.0:11338\"]\ninsecure = true").settings();
    assert!(open.clients().insecure());
    site("[clients]\nlisten = [\"[::1]:1\", \"127.3.2.1:1\", \"[::ffff:127.0.0.1]:1\"]").settings();
}

#[test]
fn a_replay_can_be_asked_for_on_the_command_line() {
    let settings = Given::default()
        .set("mode=\"replay\"")
        .set(&crate::text_override("replay.dataset", "a = \"b\""))
        .set("replay.pace=10x")
        .settings();
    assert_eq!(settings.mode(), Mode::Replay);
    assert_eq!(settings.replay().dataset(), Some(Path::new("a = \"b\"")));
    assert_eq!(settings.replay().pace(), Pace::Factor(10.0));
}

/// Texts that are nearly settings.
const FILE: &str = "(\\[[a-z.\"]{0,20}\\]\n|[a-z_.]{0,20} ?= ?.{0,20}\n|.{0,20}){0,12}";
const KEY: &str = "[a-z_.\"=\\[]{0,24}";

proptest! {
    #[test]
    fn any_file_is_loaded_or_refused(text in FILE) {
        let _ = site(&text).load();
    }

    #[test]
    fn any_argument_and_variable_is_loaded_or_refused(key in KEY, value in ".{0,24}") {
        let argument = format!("{key}={value}");
        let _ = Given::default().set(&argument).load();
        let name = format!("FLOWSTREAM_CFG_{}", key.to_uppercase());
        let _ = Given::default().variable(&name, &value).load();
    }

    #[test]
    fn any_text_is_a_directory_if_it_is_quoted(text in "[^\0]{1,24}") {
        let argument = crate::text_override("recorder.directory", &text);
        let settings = Given::default().set(&argument).settings();
        prop_assert_eq!(settings.recorder().directory(), Path::new(&text));
        let again = site(&settings.dump()).settings();
        prop_assert_eq!(again, settings);
    }
}
