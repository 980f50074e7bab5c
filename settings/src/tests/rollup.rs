//! `[aggregator.rollup]`: off by default.

use std::time::Duration;

use flow::KeyField;

use super::{Given, site};

#[test]
fn flows_are_summed_where_intervals_have_a_length() {
    assert_eq!(Given::default().settings().aggregator().rollup(), None);
    let settings = site("[aggregator.rollup]\ninterval = \"1 min\"\n").settings();
    let rollup = settings.aggregator().rollup().expect("a roll-up");
    assert_eq!(rollup.interval_secs().get(), 60);
    assert_eq!(rollup.key(), [KeyField::SrcPrefix, KeyField::DstPrefix]);
    assert_eq!(rollup.lateness(), None);
    let text = "[aggregator.rollup]\ninterval = \"1 h\"\nlateness = \"90 s\"\n\
        key = [\"dst_asn\", \"vlan_id\"]\ngroups_max = 5\n";
    let settings = site(text).settings();
    let rollup = settings.aggregator().rollup().expect("a roll-up");
    assert_eq!(rollup.lateness(), Some(Duration::from_secs(90)));
    assert_eq!(rollup.key(), [KeyField::DstAsn, KeyField::VlanId]);
    assert_eq!(rollup.groups_max().get(), 5);
}

#[test]
fn every_field_that_may_be_the_key_is_in_the_manual() {
    for key in KeyField::ALL {
        let name = key.field().name();
        let text = format!("[aggregator.rollup]\ninterval = \"1 s\"\nkey = [\"{name}\"]\n");
        assert_eq!(
            site(&text)
                .settings()
                .aggregator()
                .rollup()
                .expect("it")
                .key(),
            [key]
        );
        let (_, manual) = crate::DEFAULTS
            .split_once("[aggregator.rollup]")
            .expect("it");
        let named = format!("\"{}\"", name.replacen("dst_", "src_", 1));
        assert!(manual.contains(&named), "{named}");
    }
}

#[test]
fn what_is_no_interval_and_no_key_is_refused() {
    let text = "[aggregator.rollup]\ninterval = \"1500 ms\"\n";
    assert_eq!(
        site(text).errors().to_string(),
        "settings/site.toml:2: aggregator.rollup.interval: found \"1500 ms\"; \
         expected a whole number of seconds"
    );
    let errors = site("aggregator.rollup.key = [\"packets\"]\n").errors();
    let said = errors.to_string();
    assert!(
        said.contains("aggregator.rollup.key[0]: found \"packets\""),
        "{said}"
    );
}
