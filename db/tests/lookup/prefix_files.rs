//! The two CSV files: what is read, and what is refused with which words.

use super::*;

fn prefixes(name: &str, text: &str) -> Result<Databases, DbError> {
    open_prefixes(&written(&format!("prefixes_{name}.csv"), text))
}

fn vlans(name: &str, text: &str) -> Result<Databases, DbError> {
    open_vlans(&written(&format!("vlans_{name}.csv"), text))
}

/// `PREFIX VLAN NAME` of an address.
fn own(databases: &Databases, addr: &str) -> String {
    let place = place(databases, addr);
    let prefix = place
        .prefix
        .map_or("-".to_owned(), |prefix| prefix.to_string());
    let vlan = place.vlan.map_or("-".to_owned(), |vlan| vlan.to_string());
    format!(
        "{prefix} {vlan} {}",
        place.network.as_deref().unwrap_or("-")
    )
}

/// The bad rows of an error, each as its text, and how many more there are.
fn bad(result: Result<Databases, DbError>) -> (Vec<String>, u64) {
    match result.unwrap_err() {
        DbError::Rows { rows, more, .. } => (rows.iter().map(ToString::to_string).collect(), more),
        other => panic!("another error: {other}"),
    }
}

fn only_bad(result: Result<Databases, DbError>) -> String {
    let (rows, more) = bad(result);
    assert_eq!((rows.len(), more), (1, 0), "{rows:?}");
    rows.concat()
}

#[test]
fn comments_blank_lines_and_line_ends_of_any_system_are_skipped() {
    let text = "\u{feff}# mine, \"unbalanced\n\n   \n10.0.0.0/8\r\n\r\n  # indented\n\
                192.0.2.1/32 , printer \n2001:db8::/32,\"Lab, west\"\nfd00::1/128,,\n";
    let databases = prefixes("comments", text).unwrap();
    assert_eq!(own(&databases, "10.9.9.9"), "10.0.0.0/8 - -");
    assert_eq!(own(&databases, "192.0.2.1"), "192.0.2.1/32 - printer");
    assert_eq!(own(&databases, "192.0.3.2"), "- - -");
    assert_eq!(own(&databases, "2001:db8::1"), "2001:db8::/32 - Lab, west");
    assert_eq!(own(&databases, "fd00::1"), "fd00::1/128 - -");
}

#[test]
fn the_first_row_is_a_header_only_if_it_is_one() {
    for (name, header) in [
        ("none", ""),
        ("usual", "prefix,vlan,name\n"),
        ("other", "Network address,VLAN-ID\n"),
        ("after_comment", "# comment\n\nPrefix,VLAN\n"),
    ] {
        let databases =
            vlans(name, &format!("{header}10.1.0.0/16,7\n10.2.0.0/16,8,lab\n")).unwrap();
        assert_eq!(
            own(&databases, "10.1.0.1"),
            "10.1.0.0/16 7 -",
            "{name}: the first row counts"
        );
        assert_eq!(own(&databases, "10.2.0.1"), "10.2.0.0/16 8 lab", "{name}");
    }
    let error = only_bad(vlans("second_header", "prefix,vlan\nprefix,vlan\n"));
    assert!(error.starts_with("line 2: found `prefix`"), "{error}");
}

#[test]
fn rows_without_a_vlan_and_repeated_rows_are_counted() {
    let text = "9.1.0.0/16,7\n9.2.0.0/16,N/A\n9.3.0.0/16,n/a\n9.1.0.0/16,7\n";
    let databases = vlans("skipped", text).unwrap();
    assert_eq!(own(&databases, "9.2.0.1"), "- - -");
    let line = databases.summary()[0].to_string();
    assert!(line.ends_with("1 rows, 2 skipped, 1 repeated"), "{line}");
}

#[test]
fn every_way_to_write_a_row_wrong_says_what_would_be_right() {
    let long_name = format!("10.0.0.0/8,{}", "x".repeat(129));
    let cases = [
        (
            "10.1.2.3/8",
            "`10.1.2.3/8` with bits beyond its length",
            "10.0.0.0/8, or a longer",
        ),
        (
            "2001:db8::1/32",
            "bits beyond",
            "2001:db8::/32, or a longer",
        ),
        (
            "10.1.2.3",
            "`10.1.2.3`",
            "a length too; 10.1.2.3/32 is this one host",
        ),
        ("::1", "`::1`", "a length too; ::1/128 is this one host"),
        (
            "10.1.2/24",
            "`10.1.2/24`",
            "a prefix such as 10.0.0.0/8 or fc00::/7",
        ),
        (
            "10.0.0.0/33",
            "`10.0.0.0/33`",
            "0 to 32 (IPv4) or 0 to 128 (IPv6)",
        ),
        ("::/129", "`::/129`", "0 to 128 (IPv6)"),
        ("10.0.0.0/08", "`10.0.0.0/08`", "a length of"),
        ("10.0.0.0/+8", "`10.0.0.0/+8`", "a length of"),
        ("10.0.0.0/", "`10.0.0.0/`", "a length of"),
        ("10.0.0.0/255.0.0.0", "`10.0.0.0/255.0.0.0`", "a length of"),
        ("10.0.0.0 /8", "`10.0.0.0 /8`", "a prefix such as"),
        (
            "10.0.0.0/8 # office",
            "`10.0.0.0/8 # office`",
            "a length of",
        ),
        (
            "office # 10",
            "`office # 10`",
            "comments on lines of their own",
        ),
        ("10.0.0.0;8", "`10.0.0.0;8`", "columns separated by commas"),
        (",lab", "``", "a prefix such as"),
        (
            "10.0.0.0/8,lab,9,CH,1,2,x",
            "a column too many, `x`",
            "prefix[,name[,asn[,country[,latitude,longitude]]]]; a name with a comma",
        ),
        (
            "10.0.0.0/8,\"lab",
            "`lab\\n10.99.0.0/16`",
            "a quote that is closed on its line",
        ),
        (
            "10.0.0.0/8, \"lab\"",
            "`\\\"lab\\\"`",
            "quotes begin right after the comma",
        ),
        (
            "10.0.0.0/8,a\u{1b}[31m",
            "`a\\u{1b}[31m`",
            "without control characters",
        ),
        (&long_name, "a name of 129 octets", "at most 128"),
    ];
    for (i, (row, found, expected)) in cases.into_iter().enumerate() {
        // The wrong row is the fourth line, and is not taken for a header.
        let text = format!("# first\n10.98.0.0/16\n\n{row}\n10.99.0.0/16\n");
        let error = only_bad(prefixes(&format!("wrong_{i}"), &text));
        assert!(error.starts_with("line 4: found "), "{row:?}: {error}");
        assert!(error.contains(found), "{row:?}: {error}");
        let (_, hint) = error.split_once("; expected ").unwrap();
        assert!(hint.contains(expected), "{row:?}: {error}");
    }
}

#[test]
fn a_vlan_is_a_number_from_1_to_4094() {
    for (i, vlan) in [
        "0", "4095", "65536", "-1", "+1", "01", "1.0", "x", "", "N.A.",
    ]
    .iter()
    .enumerate()
    {
        let error = only_bad(vlans(&format!("vlan_{i}"), &format!("10.0.0.0/8,{vlan}\n")));
        assert_eq!(
            error,
            format!(
                "line 1: found `{vlan}`; expected a VLAN from 1 to 4094, \
                 or N/A to skip the row"
            )
        );
    }
    assert!(only_bad(vlans("vlan_none", "10.0.0.0/8\n")).contains("a VLAN from 1 to 4094"));
    let databases = vlans("vlan_edges", "10.1.0.0/16,1\n10.2.0.0/16,4094\n").unwrap();
    assert_eq!(own(&databases, "10.1.0.1"), "10.1.0.0/16 1 -");
    assert_eq!(own(&databases, "10.2.0.1"), "10.2.0.0/16 4094 -");
}

#[test]
fn text_that_is_not_utf_8_is_a_bad_row() {
    let path = written("latin_1.csv", b"10.0.0.0/8,B\xfcro\n");
    let error = only_bad(open_prefixes(&path));
    assert!(
        error.starts_with("line 1: found `B\u{fffd}ro`; expected text in UTF-8"),
        "{error}"
    );
    let utf_16: Vec<u8> = "10.0.0.0/8\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let path = written("utf_16.csv", utf_16);
    assert!(matches!(open_prefixes(&path), Err(DbError::Rows { .. })));
}

#[test]
fn one_prefix_with_two_values_names_both_lines() {
    let error = only_bad(vlans(
        "twice",
        "10.0.0.0/8,1\n10.1.0.0/16,1\n10.0.0.0/8,2\n",
    ));
    assert_eq!(
        error,
        "line 3: found 10.0.0.0/8 again, with another value than on line 1; \
         expected each prefix once"
    );
    let error = only_bad(prefixes("twice_named", "::/0,a\n# between\n::/0\n"));
    assert!(error.starts_with("line 3: found ::/0 again"), "{error}");
    assert!(prefixes("twice_same", "::/0,a\n::/0,a\n").is_ok());
}

#[test]
fn twenty_bad_rows_are_shown_and_the_rest_counted() {
    let text: String = (1..=25).map(|i| format!("10.0.0.{i}/8\n")).collect();
    let path = written("many_bad.csv", text);
    let (rows, more) = bad(open_prefixes(&path));
    assert_eq!((rows.len(), more), (20, 5));
    assert!(
        rows[19].starts_with("line 20: found `10.0.0.20/8`"),
        "{}",
        rows[19]
    );
    let text = open_prefixes(&path).unwrap_err().to_string();
    assert!(
        text.contains("many_bad.csv: 25 rows are wrong\n  line 1: found"),
        "{text}"
    );
    assert!(text.ends_with("\n  and 5 more"), "{text}");
    let error = prefixes("one_bad", "1/8\n").unwrap_err().to_string();
    assert!(
        error.contains("prefixes_one_bad.csv: line 1: found `1/8`; expected"),
        "{error}"
    );
}

#[test]
fn what_is_found_is_shown_escaped_and_short() {
    let error = only_bad(prefixes(
        "hostile",
        &format!("\u{1b}[2J{}/8\n", "x".repeat(4_000)),
    ));
    assert!(
        error.len() < 250 && error.contains("\\u{1b}[2Jxxx"),
        "{error}"
    );
}

#[test]
fn a_line_has_at_most_4096_octets() {
    let line = |octets: usize| format!("10.0.0.0/8\n# {}\n", "x".repeat(octets - 2));
    assert!(prefixes("line_fits", &line(4_096)).is_ok());
    let error = only_bad(prefixes("line_long", &line(4_097)));
    assert_eq!(
        error,
        "line 2: found 4097 octets; expected at most 4096 on a line"
    );
}

#[test]
fn a_file_has_at_most_a_million_rows() {
    let row = |i: u32| format!("10.{}.{}.{}/32\n", i >> 16, i >> 8 & 0xff, i & 0xff);
    let text: String = (0..=1_000_000).map(row).collect();
    match prefixes("rows_many", &text).unwrap_err() {
        DbError::TooManyRows { line, limit, .. } => {
            assert_eq!((line, limit), (1_000_001, 1_000_000));
        }
        other => panic!("another error: {other}"),
    }
}

#[test]
fn two_files_that_name_one_network_differently_are_refused() {
    let files = Files {
        private_prefixes: Some(File::required(written("names_a.csv", "10.0.0.0/8,lab\n"))),
        private_prefixes_vlans: Some(File::required(written(
            "names_b.csv",
            "10.0.0.0/8,5,office\n",
        ))),
        ..Files::default()
    };
    let error = Databases::open(&files).unwrap_err().to_string();
    assert!(
        error.contains("names_a.csv: line 1: the name of 10.0.0.0/8 is `lab`, but `office` in")
    );
    assert!(
        error.contains("names_b.csv: line 1; give it one name"),
        "{error}"
    );
}
