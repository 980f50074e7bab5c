//! The profile that behaves as the original system of 2019 does, and its guide.

use std::time::Duration;

use toml::{Table, Value};

use super::Given;
use crate::keys::Schema;
use crate::{DEFAULTS, Policy};

const PROFILE: &str = include_str!("../../cnsm2019.toml");
const GUIDE: &str = include_str!("../../../docs/cnsm2019.md");
const KEPT: &str = "# Defects of the original that it keeps.";
const MENDED: &str = "# Defects of the original that are mended whatever is set:";

fn profile() -> Given {
    Given::default().file("settings/cnsm2019.toml", PROFILE)
}

/// The words of a text that look like keys.
fn keys_in(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| c.is_whitespace() || "`(),:;|".contains(c));
    let sections = ["aggregator.", "anonymizer.", "clients.", "recorder."];
    let is_key = |word: &&str| sections.iter().any(|section| word.starts_with(section));
    words.filter(is_key).collect()
}

/// The keys of the defects that the profile says it keeps.
fn kept() -> Vec<&'static str> {
    let (_, list) = PROFILE.split_once(KEPT).expect("the list");
    let (list, _) = list.split_once(MENDED).expect("the next list");
    keys_in(list)
}

#[test]
fn the_profile_has_the_numbers_of_the_original() {
    let settings = profile().settings();
    let blocks = settings.aggregator().blocks().expect("blocks");
    assert_eq!(blocks.records().get(), 100_000);
    assert_eq!(blocks.udp_gap(), Duration::from_secs(30));
    assert!(settings.aggregator().drop_special_addresses());
    let anonymizer = settings.anonymizer();
    let (policy, limit) = (anonymizer.policy(), anonymizer.port_limit());
    assert_eq!((policy, limit), (Policy::Cnsm2019, 32_768));
    assert!(settings.clients().legacy_positions_swapped());
    let ports = settings.receiver().listen().iter().map(|to| to.port());
    assert!(ports.eq([8_877, 8_877]));
}

#[test]
fn each_defect_that_the_profile_keeps_names_a_switch_that_there_is_and_that_is_on() {
    let there_are = Schema::of(DEFAULTS);
    let set: Table = toml::from_str(PROFILE).expect("TOML");
    let switches = kept();
    assert_eq!(switches.len(), 11, "{switches:?}");
    for key in switches {
        assert!(there_are.keys().iter().any(|it| it == key), "{key}");
        let names = key.split('.');
        let value = names.fold(Some(&Value::Table(set.clone())).cloned(), |value, name| {
            value?.as_table()?.get(name).cloned()
        });
        let off = [None, Some(Value::from(false)), Some(Value::from(0))];
        assert!(!off.contains(&value), "{key}: {value:?}");
    }
}

#[test]
fn each_switch_that_the_profile_sets_is_in_its_list() {
    let keys = Schema::of(DEFAULTS);
    let is_switch = |key: &&String| key.starts_with("aggregator.blocks.") && !key.ends_with("_gap");
    let mut switches = keys.keys().iter().filter(is_switch);
    let listed = kept();
    assert!(switches.all(|key| listed.contains(&key.as_str())));
}

#[test]
fn the_guide_names_the_switches_that_the_profile_names_and_no_key_that_there_is_not() {
    let there_are = Schema::of(DEFAULTS);
    let named = keys_in(GUIDE);
    for key in kept() {
        assert!(named.contains(&key), "{key} is not in the guide");
    }
    for key in named {
        // Some are named as what they are set to.
        let key = key.split('=').next().unwrap_or(key);
        assert!(there_are.keys().iter().any(|it| it == key), "{key}");
    }
}
