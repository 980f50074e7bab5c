//! `[aggregator.blocks]`: off by default, and alone when it is on.

use std::time::Duration;

use super::{Given, site};

#[test]
fn records_are_aggregated_across_time_unless_blocks_have_a_size() {
    assert_eq!(Given::default().settings().aggregator().blocks(), None);
    let switches = "[aggregator.blocks]\nsampling_ignored = true\n";
    assert_eq!(site(switches).settings().aggregator().blocks(), None);
}

#[test]
fn each_switch_is_its_own() {
    let settings = site("[aggregator.blocks]\nrecords = 7\nudp_gap = \"1500 ms\"\n").settings();
    let blocks = settings.aggregator().blocks().expect("blocks").clone();
    assert_eq!(blocks.records().get(), 7);
    assert_eq!(blocks.udp_gap(), Duration::from_millis(1_500));
    for (name, at) in SWITCHES.iter().zip(0..) {
        let switched = site(&format!(
            "[aggregator.blocks]\nrecords = 7\nudp_gap = \"1500 ms\"\n{name} = true\n"
        ));
        let switched = switched.settings();
        let blocks = switched.aggregator().blocks().expect("blocks");
        let on = [
            blocks.other_exporters_left_out(),
            blocks.tcp_without_opening_left_out(),
            blocks.tcp_without_closing_left_out(),
            blocks.udp_gap_of_the_limit_is_active(),
            blocks.gaps_from_the_record_before(),
            blocks.sampling_ignored(),
            blocks.last_part_left_out(),
        ];
        let expected: Vec<bool> = (0..SWITCHES.len()).map(|switch| switch == at).collect();
        assert_eq!(on[..], expected, "{name}");
    }
}

const SWITCHES: [&str; 7] = [
    "other_exporters_left_out",
    "tcp_without_opening_left_out",
    "tcp_without_closing_left_out",
    "udp_gap_of_the_limit_is_active",
    "gaps_from_the_record_before",
    "sampling_ignored",
    "last_part_left_out",
];

#[test]
fn what_blocks_cannot_do_is_refused_while_they_are_on() {
    for (setting, found, expected) in [
        ("several_exporters", "\"sum\"", "\"first\""),
        ("biflow", "true", "false"),
        ("apart_by", "[\"tos\"]", "[]"),
        ("incomplete_tcp", "\"drop\"", "\"emit\""),
        ("rollup.interval", "\"60 s\"", "\"0 s\""),
    ] {
        let text = format!("[aggregator]\n{setting} = {found}\n");
        site(&text).settings();
        let errors = site(&text).set("aggregator.blocks.records=5").errors();
        assert_eq!(
            errors.to_string(),
            format!(
                "settings/site.toml:2: aggregator.{setting}: found {found}; expected {expected}, \
                 since aggregator.blocks.records is not 0 (--set aggregator.blocks.records)"
            )
        );
    }
}
