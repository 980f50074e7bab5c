//! `flowstream check`, and settings from all their sources.

use crate::support::Scratch;
use crate::support::program::{Outcome, finish, program, run, start};

/// The lines of a dump that are settings, without where they come from.
fn settings(dump: &str) -> Vec<String> {
    let lines = dump.lines().map(|line| {
        let setting = line.split(" # ").next().unwrap_or_default();
        setting.trim().to_owned()
    });
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}

fn dump(scratch: &Scratch, args: &[&str]) -> String {
    let outcome = run(scratch, &[&["check", "--dump"], args].concat());
    assert_eq!(
        (outcome.code, outcome.stderr.as_str()),
        (Some(0), ""),
        "{outcome:?}"
    );
    outcome.stdout
}

#[test]
fn the_defaults_hold() {
    let scratch = Scratch::new();
    let outcome = run(&scratch, &["check"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(outcome.stdout, "the settings hold\n");
    assert!(
        std::fs::read_dir(scratch.path()).unwrap().next().is_none(),
        "nothing is made"
    );
}

#[test]
fn what_is_dumped_can_be_loaded_and_dumps_the_same() {
    let scratch = Scratch::new();
    let changes = [
        "--set",
        "aggregator.idle_timeout=45 s",
        "--set",
        r#"receiver.listen=["127.0.0.1:2055", "[::1]:4739"]"#,
        "--set",
        r#"aggregator.exporters={"192.0.2.1" = {active_timeout = "600 s"}}"#,
        "--set",
        "replay.pace=10x",
    ];
    for args in [&[][..], &changes] {
        let first = dump(&scratch, args);
        let file = scratch.file("dump.toml", &first);
        let second = dump(&scratch, &["-c", file.to_str().unwrap()]);
        assert_eq!(settings(&first), settings(&second));
        assert!(settings(&first).len() > 40, "{first}");
    }
}

#[test]
fn later_sources_win_and_a_dump_says_where_each_value_is_from() {
    let scratch = Scratch::new();
    let site = "[aggregator]\nidle_timeout = \"11 s\"\nlinger = \"1 s\"\nslack = \"3 s\"\n";
    let site = scratch.file("site.toml", site);
    let mut command = program(&scratch);
    command.args(["check", "--dump", "-c", site.to_str().unwrap()]);
    command.args(["--set", "aggregator.idle_timeout=13 s"]);
    command.env("FLOWSTREAM_CFG_AGGREGATOR__IDLE_TIMEOUT", "12 s");
    command.env("FLOWSTREAM_CFG_AGGREGATOR__SLACK", "4 s");
    let Outcome { code, stdout, .. } = finish(start(&mut command));
    assert_eq!(code, Some(0));
    let line = |name: &str| stdout.lines().find(|line| line.starts_with(name)).unwrap();
    for (name, value, origin) in [
        ("idle_timeout", "\"13 s\"", "--set"),
        ("slack", "\"4 s\"", "FLOWSTREAM_CFG_AGGREGATOR__SLACK"),
        ("linger", "\"1 s\"", "site.toml:3"),
    ] {
        let line = line(name);
        assert!(line.contains(value) && line.contains(origin), "{line}");
    }
}

#[test]
fn a_settings_file_can_select_a_replay() {
    let scratch = Scratch::new();
    let site = "mode = \"replay\"\n[replay]\ndataset = \"nothing-there\"\n";
    let site = scratch.file("site.toml", site);
    let outcome = run(&scratch, &["-c", site.to_str().unwrap()]);
    assert!(outcome.failed(1).contains("nothing-there"), "{outcome:?}");
    let site = scratch.file("site.toml", "mode = \"replay\"\n");
    let outcome = run(&scratch, &["check", "-c", site.to_str().unwrap()]);
    assert!(outcome.failed(78).contains("replay.dataset"), "{outcome:?}");
}
