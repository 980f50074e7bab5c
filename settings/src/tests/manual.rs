//! `default.toml` is the manual of every key, and what it says is so.

use toml::{Table, Value};

use super::{Given, site};
use crate::keys::{EXPORTERS, FIELDS, Schema, variable};
use crate::{DEFAULTS, Mode, Settings, SettingsError};

const REPLAY: &str = include_str!("../../replay.toml");

fn keys() -> Vec<String> {
    Schema::of(DEFAULTS).keys().to_vec()
}

/// The lines of comment right above a key.
fn comment(key: &str) -> Vec<&'static str> {
    let (section, name) = key.rsplit_once('.').unwrap_or(("", key));
    let text = match DEFAULTS.split_once(&format!("\n[{section}]\n")) {
        Some((_, below)) => below,
        None => DEFAULTS,
    };
    let assignment = format!("\n{name} = ");
    let (before, _) = text.split_once(&assignment).expect("the key");
    let comment = before.lines().rev();
    let mut comment: Vec<_> = comment.take_while(|line| line.starts_with('#')).collect();
    comment.reverse();
    comment
}

/// The default of a key.
fn default(key: &str) -> Value {
    let table: Table = toml::from_str(DEFAULTS).expect("TOML");
    let value = key.split('.').try_fold(Value::Table(table), |value, name| {
        value.as_table().and_then(|table| table.get(name)).cloned()
    });
    value.expect("the key")
}

/// A value that is of the wrong type for a key with this default.
const fn wrong(default: &Value) -> &'static str {
    match default {
        Value::Boolean(_) => "\"perhaps\"",
        _ => "true",
    }
}

/// One file with one key, in its third line.
fn only(key: &str, value: &str) -> Given {
    let text = match key.rsplit_once('.') {
        Some((section, name)) => format!("# one key\n[{section}]\n{name} = {value}\n"),
        None => format!("# one key\n\n{key} = {value}\n"),
    };
    site(&text)
}

/// The one error there is.
fn error(given: Given) -> SettingsError {
    let errors = given.errors();
    let mut errors = errors.iter();
    let first = errors.next().expect("an error").clone();
    assert_eq!(errors.next(), None, "after {first}");
    first
}

#[test]
fn the_program_runs_on_no_settings_at_all() {
    let settings: Settings = crate::load(&crate::Sources::default()).expect("the defaults");
    assert_eq!(settings.mode(), Mode::Collect);
}

#[test]
fn every_key_has_a_comment_that_says_its_kind() {
    const KINDS: [&str; 9] = [
        "# Duration: ",
        "# Size: ",
        "# Number: ",
        "# List: ",
        "# Table: ",
        "# One of: ",
        "# Path.",
        "# Text.",
        "# true or false.",
    ];
    for key in keys() {
        let comment = comment(&key);
        assert!(comment.len() >= 2, "{key}: {comment:?}");
        let last = comment.last().expect("a line");
        assert!(
            KINDS.iter().any(|kind| last.starts_with(kind)),
            "{key}: {last}"
        );
    }
}

#[test]
fn a_value_of_the_wrong_type_is_an_error_wherever_it_is_given() {
    for key in keys() {
        let value = wrong(&default(&key));
        let found = format!(": found {value}; expected ");
        for (given, place) in [
            (only(&key, value), "settings/site.toml:3".to_owned()),
            (
                Given::default().variable(&variable(&key), value),
                format!("environment {}", variable(&key)),
            ),
            (
                Given::default().set(&format!("{key}={value}")),
                format!("--set {key}"),
            ),
        ] {
            let said = error(given).to_string();
            let start = format!("{place}: {key}{found}");
            assert!(said.starts_with(&start), "{said}\nis not\n{start}");
        }
    }
}

/// What the comment gives as the range: `# Duration: 1 s to 1 d.`
fn range(key: &str) -> Option<(&'static str, &'static str)> {
    let comment = comment(key);
    let line = comment.last()?;
    let (_, range) = line.split_once(": ").filter(|(kind, _)| {
        let kinds = ["# Duration", "# Size", "# Number"];
        kinds.contains(kind)
    })?;
    let (min, max) = range.split_once(" to ")?;
    let end = max.find([',', '.'])?;
    Some((min, &max[..end]))
}

#[test]
fn the_range_in_the_comment_is_the_range_that_is_checked() {
    let mut ranges = 0;
    for key in keys() {
        let Some((min, max)) = range(&key) else {
            continue;
        };
        let beyond = match default(&key) {
            Value::Integer(_) => "9223372036854775807",
            _ if comment(&key)
                .last()
                .is_some_and(|line| line.contains("Size")) =>
            {
                "\"9999 TiB\""
            }
            _ if key == "pipeline.lanes" => "65",
            _ => "\"9999 d\"",
        };
        let said = error(only(&key, beyond)).to_string();
        assert!(said.contains(&format!("from {min} to {max}")), "{said}");
        ranges += 1;
    }
    assert!(ranges >= 25, "{ranges} ranges were found in the comments");
}

#[test]
fn what_is_just_outside_a_range_is_refused_and_its_ends_are_not() {
    for (key, inside, outside) in [
        ("receiver.datagrams_per_read", "1", "0"),
        ("receiver.datagrams_per_read", "1024", "1025"),
        ("receiver.receive_buffer", "65536", "65535"),
        ("receiver.receive_buffer", "\"1 GiB\"", "1073741825"),
        ("aggregator.idle_timeout", "\"2 s\"", "\"999 ms\""),
        ("aggregator.idle_timeout", "\"1 d\"", "\"86400001 ms\""),
        ("aggregator.flows_max", "64", "63"),
        ("recorder.compression_level", "19", "20"),
        ("recorder.compression_level", "1", "-1"),
        ("supervision.mailbox", "16", "15"),
        ("pipeline.lanes", "64", "65"),
        ("pipeline.lanes", "1", "0"),
        ("replay.pace", "0.001", "0.0009"),
        ("replay.pace", "1000000", "1000001"),
    ] {
        only(key, inside).settings();
        assert_eq!(error(only(key, outside)).key(), Some(key));
    }
}

#[test]
fn the_default_of_every_key_may_be_written_out() {
    let defaults = Given::default().settings();
    for key in keys() {
        let written = only(&key, &default(&key).to_string()).settings();
        if !key.starts_with("enricher.private_prefixes") {
            assert_eq!(written, defaults, "{key}");
        }
    }
}

#[test]
fn exporters_and_fields_are_the_only_tables_whose_keys_may_be_left_out() {
    let tables = keys().into_iter().filter(|key| default(key).is_table());
    assert_eq!(tables.collect::<Vec<_>>(), [EXPORTERS, FIELDS]);
}

#[test]
fn the_profile_for_replaying_is_a_replay() {
    let settings = Given::default()
        .file("settings/replay.toml", REPLAY)
        .settings();
    assert_eq!(settings.mode(), Mode::Replay);
    let dataset = settings.replay().dataset().expect("a dataset");
    assert_eq!(dataset, std::path::Path::new("data/raw"));
    assert_ne!(settings.recorder().raw_directory(), dataset);
    let collector = Given::default().settings();
    let key_file = settings.anonymizer().key_file();
    assert_eq!(key_file, collector.anonymizer().key_file());
}
