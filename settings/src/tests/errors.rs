//! What errors say, word for word, and that each is found.

use super::{Given, site};

/// The errors of settings, one a line.
fn said(given: Given) -> Vec<String> {
    let errors = given.errors();
    let said: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(errors.to_string(), said.join("\n"));
    said
}

#[test]
fn a_wrong_value_is_told_with_its_line() {
    let text =
        "mode = \"collect\"\n\n[log]\n\n\n\n\n\n\n\n[aggregator]\nidle_timeout = \"30 parsecs\"\n";
    assert_eq!(
        said(site(text)),
        [
            "settings/site.toml:12: aggregator.idle_timeout: found \"30 parsecs\"; \
          expected a duration such as \"30 s\", \"500 ms\", \"1 h\""
        ]
    );
}

#[test]
fn the_kinds_of_values_say_what_they_expect() {
    for (argument, expected) in [
        (
            "mode=serve",
            "--set mode: mode: found \"serve\"; expected \"collect\" or \"replay\"",
        ),
        (
            "log.level=loud",
            "--set log.level: log.level: found \"loud\"; \
             expected \"error\", \"warn\", \"info\", \"debug\" or \"trace\"",
        ),
        (
            "recorder.raw=yes",
            "--set recorder.raw: recorder.raw: found \"yes\"; expected true or false",
        ),
        (
            "recorder.directory=",
            "--set recorder.directory: recorder.directory: found \"\"; \
             expected a path that is not empty",
        ),
        (
            "recorder.segment_bytes=1 mile",
            "--set recorder.segment_bytes: recorder.segment_bytes: found \"1 mile\"; \
             expected a size such as \"64 MiB\", \"64 MB\", or a number of bytes",
        ),
        (
            "recorder.segment_bytes=5",
            "--set recorder.segment_bytes: recorder.segment_bytes: found 5; \
             expected a size from 1 MiB to 64 GiB",
        ),
        (
            "receiver.listen=[]",
            "--set receiver.listen: receiver.listen: found []; \
             expected a list of 1 to 64 addresses with port, such as [\"127.0.0.1:2055\"]",
        ),
        (
            "recorder.directory=\"open",
            "--set recorder.directory: recorder.directory: found text that begins \
             with a quote and is no TOML; expected a TOML value, or text without quotes",
        ),
    ] {
        assert_eq!(said(Given::default().set(argument)), [expected]);
    }
}

#[test]
fn an_element_of_a_list_has_a_line_of_its_own() {
    let text = "[receiver]\n\
        listen = [\n\
        \"127.0.0.1:1\",\n\
        \"localhost:1\",\n\
        \"127.0.0.1:1\",\n\
        \"[::]:0\", \"[::]:0\",\n]";
    assert_eq!(
        said(site(text)),
        [
            "settings/site.toml:4: receiver.listen[1]: found \"localhost:1\"; \
             expected an address and a port such as \"127.0.0.1:2055\", \"[::]:2055\"",
            "settings/site.toml:5: receiver.listen[2]: found \"127.0.0.1:1\"; \
             expected each address only once",
        ]
    );
}

#[test]
fn an_unknown_key_is_told_with_the_nearest() {
    let given = site("[aggregator]\nidle_timout = \"30 s\"\n\n[reciever]\nlisten = []\n")
        .variable("FLOWSTREAM_CFG_LOG_LEVEL", "info")
        .variable("FLOWSTREAM_CFG_log__level", "info")
        .variable("FLOWSTREAM_CFG_WHATEVER", "info")
        .set("recorder.colour=1")
        .set("listen=1");
    assert_eq!(
        said(given),
        [
            "settings/site.toml:2: aggregator.idle_timout: unknown key; \
             did you mean aggregator.idle_timeout?",
            "settings/site.toml:4: reciever: unknown key; did you mean receiver?",
            "environment FLOWSTREAM_CFG_LOG_LEVEL: log_level: unknown key; \
             did you mean FLOWSTREAM_CFG_LOG__LEVEL?",
            "environment FLOWSTREAM_CFG_log__level: log.level: unknown key; \
             did you mean FLOWSTREAM_CFG_LOG__LEVEL?",
            "environment FLOWSTREAM_CFG_WHATEVER: whatever: unknown key; \
             variables are called FLOWSTREAM_CFG_<SECTION>__<KEY>",
            "--set recorder.colour: recorder.colour: unknown key; [recorder] has directory, raw, \
             prepared, compression_level, flush_interval, segment_bytes, segment_time, sync, \
             sync_interval, sync_bytes, keep_raw_time, \
             keep_raw_bytes, keep_prepared_time, keep_prepared_bytes, free_space_min",
            "--set listen: listen: unknown key; did you mean receiver.listen?",
        ]
    );
}

#[test]
fn a_section_is_a_table_and_a_key_is_none() {
    let text = "receiver = 5\n\
        [mode]\n\
        x = 1\n\
        [aggregator.exporters]\n\
        \"192.0.2.1\" = 5\n\
        x.active_timeout = \"60 s\"\n\
        \"192.0.2.2\".active = 1\n";
    assert_eq!(
        said(site(text)),
        [
            "settings/site.toml:1: receiver: found 5; expected a table with the keys listen, \
             listen_tcp, listen_tls, receive_buffer, datagrams_per_read, exporters_max, \
             templates_per_exporter_max, templates_keep, elements, streams_max, streams_per_exporter_max, \
             stream_idle_timeout, handshake_timeout, tls",
            "settings/site.toml:5: aggregator.exporters.\"192.0.2.1\": found 5; \
             expected a table with the keys active_timeout, idle_timeout",
            "settings/site.toml:7: aggregator.exporters.\"192.0.2.2\".active: unknown key; \
             [aggregator.exporters.\"192.0.2.2\"] has active_timeout, idle_timeout",
            "settings/site.toml:2: mode: found a table with x; \
             expected \"collect\" or \"replay\"",
            "settings/site.toml:6: aggregator.exporters.x: found \"x\"; \
             expected the address of an exporter such as \"192.0.2.1\"",
        ]
    );
}

#[test]
fn what_is_no_toml_is_told_with_line_and_column() {
    let text =
        "[aggregator]\nidle_timeout = 30 s\nlinger = 5\n[log\nlevel = 3\n[clients]\nlissten = 5\n";
    assert_eq!(
        said(site(text)),
        [
            "settings/site.toml:2:16: not TOML: string values must be quoted, \
             expected literal string",
            "settings/site.toml:4:5: not TOML: unclosed table, expected `]`",
            "settings/site.toml:7: clients.lissten: unknown key; did you mean clients.listen?",
            "settings/site.toml:3: aggregator.linger: found 5; \
             expected a duration such as \"30 s\", \"500 ms\", \"1 h\"",
        ]
    );
    assert_eq!(
        said(site("[log]\nlevel = \"info\"\nlevel = \"warn\"\n")),
        ["settings/site.toml:3:1: not TOML: duplicate key"]
    );
}

#[test]
fn a_key_without_a_value_is_told_and_nothing_more() {
    for (text, place) in [
        ("\nmode\n", "settings/site.toml:2:5: "),
        ("\nmode =\n", "settings/site.toml:2:7: "),
        ("[log]\n\nlevel\n", "settings/site.toml:3:6: "),
        ("\n\nlog.level = [1, =\n", "settings/site.toml:3:"),
        ("\n\nlog = { level }\n", "settings/site.toml:3:15: "),
        ("\n\nlog = { level, \n", "settings/site.toml:3:"),
    ] {
        let said = said(site(text));
        let elsewhere = said.iter().find(|said| !said.starts_with(place));
        assert_eq!(elsewhere, None, "{text}");
    }
}

/// The reader of TOML makes a value up that ends before its key.
#[test]
fn a_key_with_nothing_but_equals_signs_is_told() {
    let said = said(site("=\nA=="));
    assert!(
        said.iter().all(|said| said.contains(": not TOML: ")),
        "{said:?}"
    );
    let last = said.last().expect("an error");
    assert!(last.starts_with("settings/site.toml:2:3: "), "{last}");
}

#[test]
fn an_argument_without_a_key_is_refused() {
    assert_eq!(
        said(Given::default().set("faster").set("=1")),
        [
            "--set faster: found no key before a \"=\"; \
             expected key=value, such as aggregator.idle_timeout=\"30 s\"",
            "--set =: found no key before a \"=\"; \
             expected key=value, such as aggregator.idle_timeout=\"30 s\"",
        ]
    );
}

#[test]
fn numbers_beyond_64_bits_and_dates_are_refused() {
    assert_eq!(
        said(site(
            "[log]\n\
                level = 9223372036854775808\n\
                format = 1e999\n\
                [recorder]\n\
                directory = 2026-01-01\n"
        )),
        [
            "settings/site.toml:2: log.level: found a number that is too large; \
             expected a number of at most 64 bits",
            "settings/site.toml:3: log.format: found a number that is too large; \
             expected a number of at most 64 bits",
            "settings/site.toml:5: recorder.directory: found the date 2026-01-01; \
             expected a value in quotes",
        ]
    );
}

/// A line of the manual, which moves when the manual is edited, without its number.
fn without_line_of_manual(said: &str) -> String {
    let parts: Vec<&str> = said.split("default.toml:").collect();
    let digits = |c: char| c.is_ascii_digit();
    let parts = parts.iter().map(|part| part.trim_start_matches(digits));
    parts.collect::<Vec<_>>().join("default.toml:")
}

#[test]
fn values_that_do_not_fit_each_other_name_both() {
    let text = "[aggregator]\n\
        idle_timeout = \"1 s\"\n\
        longest_lifetime = \"90 s\"\n\
        exporters.\"192.0.2.1\".active_timeout = \"91 s\"\n\
        [recorder]\n\
        segment_time = \"1 s\"\n\
        flush_interval = \"2 s\"\n\
        [supervision]\n\
        backoff_min = \"11 s\"\n";
    let said = said(site(text).set("aggregator.exporter_active_timeout=2 min"));
    let said: Vec<String> = said.iter().map(|s| without_line_of_manual(s)).collect();
    assert_eq!(
        said,
        [
            "settings/site.toml:2: aggregator.idle_timeout: found \"1 s\"; \
             expected at least aggregator.linger, which is \"2 s\" (default.toml:)",
            "--set aggregator.exporter_active_timeout: aggregator.exporter_active_timeout: \
             found \"2 min\"; expected at most aggregator.longest_lifetime, \
             which is \"90 s\" (settings/site.toml:3)",
            "settings/site.toml:4: aggregator.exporters.\"192.0.2.1\".active_timeout: \
             found \"91 s\"; expected at most aggregator.longest_lifetime, \
             which is \"90 s\" (settings/site.toml:3)",
            "settings/site.toml:7: recorder.flush_interval: found \"2 s\"; \
             expected at most recorder.segment_time, which is \"1 s\" (settings/site.toml:6)",
            "settings/site.toml:9: supervision.backoff_min: found \"11 s\"; \
             expected at most supervision.backoff_max, which is \"10 s\" (default.toml:)",
        ]
    );
}

#[test]
fn each_timeout_of_an_exporter_is_checked_where_it_stands() {
    let text = "[aggregator.exporters]\n\
        \"192.0.2.1\".idle_timeout = \"2 d\"\n\
        \"192.0.2.2\" = { active_timeout = \"0 s\", idle_timeout = \"0 s\" }\n";
    let expected = "expected a duration from 1 s to 1 d";
    let said = said(site(text));
    let keys = ["192.0.2.1\".idle", "192.0.2.2\".active", "192.0.2.2\".idle"];
    assert_eq!(said.len(), keys.len(), "{said:#?}");
    for (said, key) in said.iter().zip(keys) {
        let key = format!("aggregator.exporters.\"{key}_timeout: found ");
        assert!(said.contains(&key) && said.contains(expected), "{said}");
    }
}

#[test]
fn one_exporter_under_two_addresses_is_refused() {
    let text = "[aggregator.exporters]\n\
        \"192.0.2.1\".active_timeout = \"60 s\"\n\
        \"::ffff:192.0.2.1\".active_timeout = \"61 s\"\n";
    assert_eq!(
        said(site(text)),
        [
            "settings/site.toml:3: aggregator.exporters.\"::ffff:192.0.2.1\": \
          found \"::ffff:192.0.2.1\"; expected each exporter only once; 192.0.2.1 is there already"
        ]
    );
}

#[test]
fn a_replay_needs_a_dataset() {
    assert_eq!(
        said(site("\nmode = \"replay\"\n")),
        [
            "settings/site.toml:2: replay.dataset: found \"\"; expected the path of a dataset, \
          as mode is \"replay\" (settings/site.toml:2); `--replay DATASET` sets both"
        ]
    );
    assert_eq!(
        said(Given::default().set("mode=replay").set("replay.dataset=")),
        [
            "--set replay.dataset: replay.dataset: found \"\"; expected the path of a dataset, \
          as mode is \"replay\" (--set mode); `--replay DATASET` sets both"
        ]
    );
}

#[test]
fn clients_from_elsewhere_are_refused_for_now() {
    let text = "[clients]\nlisten = [\"127.0.0.1:1\", \"[::]:1\"]\n";
    assert_eq!(
        said(site(text)),
        [
            "settings/site.toml:2: clients.listen[1]: found \"[::]:1\"; \
          expected a loopback address such as \"127.0.0.1:11338\", as clients have neither \
          token nor TLS yet (clients.insecure = true allows it all the same)"
        ]
    );
}

#[test]
fn a_policy_that_is_none_is_refused_with_those_that_are() {
    assert_eq!(
        said(site("anonymizer.policy = \"perfect\"")),
        [
            "settings/site.toml:1: anonymizer.policy: found \"perfect\"; \
          expected \"none\", \"standard\", \"strict\" or \"cnsm2019\""
        ]
    );
    assert_eq!(
        said(site("anonymizer.key_epoch = \"5 min\"")),
        [
            "settings/site.toml:1: anonymizer.key_epoch: found \"5 min\"; \
          expected \"off\", \"hourly\" or \"daily\""
        ]
    );
}

#[test]
fn a_method_that_is_none_for_its_field_is_refused_with_those_that_are() {
    let text = "[anonymizer.fields]\nsrc_port = \"noise\"\nbytes = 7\nstart_ms = \"enumeration\"";
    assert_eq!(
        said(site(text)),
        [
            "settings/site.toml:3: anonymizer.fields.bytes: found 7; expected \"clear\", \"noise\", \
             \"precision-degradation\", \"binning\" or \"black-marker\"",
            "settings/site.toml:2: anonymizer.fields.src_port: found \"noise\"; expected \"clear\", \
             \"permutation\", \"binning\" or \"black-marker\"",
        ]
    );
    let alone = said(site("anonymizer.fields.start_ms = \"enumeration\""));
    assert_eq!(
        alone,
        [
            "settings/site.toml:1: anonymizer.fields.start_ms: found \"enumeration\"; expected another \
             method, or end_ms with \"enumeration\" or \"black-marker\" too"
        ]
    );
    let unknown = said(site("anonymizer.fields.src_prot = \"clear\""));
    assert!(
        unknown.len() == 1 && unknown[0].contains("src_port"),
        "{unknown:?}"
    );
}

#[test]
fn addresses_that_stay_clear_are_a_list_of_prefixes() {
    assert_eq!(
        said(site(
            "anonymizer.clear_prefixes = [\"192.0.2.0/24\", \"192.0.2.0/33\"]"
        )),
        [
            "settings/site.toml:1: anonymizer.clear_prefixes[1]: found \"192.0.2.0/33\"; \
             expected a prefix such as \"192.0.2.0/24\" or \"2001:db8::/32\""
        ]
    );
    let prefixes = vec!["\"192.0.2.0/24\""; 1_025].join(", ");
    let many = said(site(&format!("anonymizer.clear_prefixes = [{prefixes}]")));
    assert!(
        many[0].contains("a list of at most 1024 prefixes"),
        "{many:?}"
    );
}

#[test]
fn a_key_cannot_be_given_and_is_never_shown() {
    let key = "00112233445566778899aabbccddeeff";
    for given in [
        site(&format!("anonymizer.key = \"{key}\"")),
        site(&format!("anonymizer.key = {key}")),
        site(&format!("anonymizer.key_file = \"{key}\"")),
        site(&format!("anonymizer.key_file = \"0x{key}{key}\"")),
        site(&format!("anonymizer.key_file = 0x{key}")),
        site("anonymizer.key_file = [\"0011\", \"2233\"]"),
        site("anonymizer.key_file = { hex = \"0011\" }"),
        site("anonymizer.key_file = \"0011IjM0NVVmZ3eImaq7vA==\""),
        Given::default().set(&format!("anonymizer.key=\"{key}")),
        Given::default().set(&format!("anonymizer.key {key}")),
        site(&format!("[anonymizer.key]\nhex = \"{key}\"")),
        Given::default().variable("FLOWSTREAM_CFG_ANONYMIZER__KEY", key),
        Given::default().set(&format!("anonymizer.key={key}")),
        Given::default().set(&format!("anonymizer.key_file={key}")),
    ] {
        let debug = format!("{:?}", given.clone().errors());
        let said = said(given);
        assert!(said.iter().all(|said| !said.contains("0011")), "{said:?}");
        assert!(!debug.contains("0011"), "{debug}");
    }
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let said = said(
        site("[log]\nlevel = 1\nformat = 2\n")
            .file("b.toml", "[replay]\npace = \"-1x\"\n[oops]\n")
            .file("c.toml", "= 5\n")
            .variable("FLOWSTREAM_CFG_MODE", "5")
            .variable("FLOWSTREAM_CFG_MOOD", "5")
            .set("nothing")
            .set("recorder.raw=1"),
    );
    for place in [
        "settings/site.toml:2: log.level: ",
        "settings/site.toml:3: log.format: ",
        "b.toml:2: replay.pace: ",
        "b.toml:3: oops: ",
        "c.toml:1:1: not TOML: ",
        "environment FLOWSTREAM_CFG_MODE: mode: ",
        "environment FLOWSTREAM_CFG_MOOD: mood: ",
        "--set nothing: ",
        "--set recorder.raw: recorder.raw: ",
    ] {
        let count = said.iter().filter(|said| said.starts_with(place)).count();
        assert_eq!(count, 1, "{place} in {said:#?}");
    }
    assert_eq!(said.len(), 9, "{said:#?}");
}

#[test]
fn values_are_held_against_each_other_only_where_all_could_be_read() {
    let given = site("mode = \"replay\"\n").file("b.toml", "replay.dataset = data/raw\n");
    let said = said(given);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("b.toml:1:18: not TOML: "), "{said:?}");
}
