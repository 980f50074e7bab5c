//! What is dumped is what is in force, and can be loaded again.

use super::{Given, site};
use crate::DEFAULTS;
use crate::keys::Schema;

/// Settings of every origin, with values that are hard to write.
fn mixed() -> Given {
    site(
        "[aggregator]\n\
        idle_timeout = \"45 s\"\n\
        exporters.\"192.0.2.1\".active_timeout = \"90 s\"\n",
    )
    .file(
        "odd\nname.toml",
        "[recorder]\ndirectory = \"a\\\"b\\n'c' # d\\\\\"\n",
    )
    .file(
        "db.toml",
        "enricher.private_prefixes_vlans = 'db/private_prefixes_vlans.csv'\n",
    )
    .variable("FLOWSTREAM_CFG_RECEIVER__LISTEN", "[\"127.0.0.1:0\"]")
    .variable("FLOWSTREAM_CFG_PIPELINE__LANES", "3")
    .set("replay.pace=0.5")
    .set("aggregator.exporters.\"2001:db8::1\".active_timeout=80 s")
    .set("aggregator.exporters.\"2001:db8::2\"={}")
}

#[test]
fn a_dump_loaded_again_gives_the_same_settings_and_the_same_dump() {
    for given in [Given::default(), mixed()] {
        let settings = given.settings();
        let dump = settings.dump();
        let again = Given::default().file("dump.toml", &dump).settings();
        assert_eq!(again, settings, "{dump}");
        let values = |dump: &str| {
            let table: toml::Table = toml::from_str(dump).expect("TOML");
            table
        };
        assert_eq!(values(&again.dump()), values(&dump));
    }
}

#[test]
fn every_key_is_in_a_dump() {
    let dump = Given::default().settings().dump();
    let mut rest = dump.as_str();
    for key in Schema::of(DEFAULTS).keys() {
        let name = key.rsplit('.').next().unwrap_or(key);
        let (_, after) = rest
            .split_once(&format!("{name} = "))
            .unwrap_or_else(|| panic!("{key} is not in its place in\n{dump}"));
        rest = after;
    }
}

#[test]
fn only_what_is_no_default_has_a_comment_and_it_says_whence() {
    let dump = mixed().settings().dump();
    for line in [
        "idle_timeout = \"45 s\" # settings/site.toml:2",
        "exporters.\"192.0.2.1\".active_timeout = \"90 s\" # settings/site.toml:3",
        "exporters.\"2001:db8::2\" = {} # --set aggregator.exporters.\"2001:db8::2\"",
        "listen = [\"127.0.0.1:0\"] # environment FLOWSTREAM_CFG_RECEIVER__LISTEN",
        "lanes = 3 # environment FLOWSTREAM_CFG_PIPELINE__LANES",
        "pace = 0.5 # --set replay.pace",
        "linger = \"2 s\"",
        "# private_prefixes = \"db/private_prefixes.csv\" (the default, skipped where it is \
         absent)",
        "private_prefixes_vlans = \"db/private_prefixes_vlans.csv\" # db.toml:1",
        "country = \"\"",
    ] {
        assert!(
            dump.lines().any(|found| found == line),
            "{line} is not in\n{dump}"
        );
    }
    let defaults = Given::default().settings().dump();
    assert!(!defaults.contains(" # "), "{defaults}");
}
