//! Table dumps in MRT format.

use db::source::{Dropped, Format, Limits};

use crate::mrt_writer::{Segment, attributes, path, peers, record, rib, unicast};
use crate::{bzip2, gzip, read, refused};

/// A dump as the other tests of files need one.
pub(crate) fn dump() -> Vec<u8> {
    let seen = [
        (0, path(&[1, 2, 3])),
        (1, path(&[4, 3])),
        (2, path(&[5, 6])),
    ];
    [
        peers(5),
        unicast("11.0.0.0/8", &seen),
        unicast("11.1.0.0/16", &[(4, path(&[5, 7]))]),
        unicast("2400::/16", &[(3, path(&[1, 4_199_999_999]))]),
    ]
    .concat()
}

const DUMP: [&str; 4] = [
    "11.0.0.0/8 AS3 by 2",
    "11.0.0.0/8 AS6 by 1",
    "11.1.0.0/16 AS7 by 1",
    "2400::/16 AS4199999999 by 1",
];

/// What a dump of five peers with this in it is read as.
fn of(records: &[Vec<u8>]) -> (Vec<String>, db::source::Tally) {
    let sound = unicast("11.0.0.0/8", &[(0, path(&[1]))]);
    let file = [peers(5), records.concat(), sound].concat();
    let (mut stated, tally) = read(Format::Mrt, &file).unwrap();
    assert_eq!(stated.pop().unwrap(), "11.0.0.0/8 AS1 by 1");
    (stated, tally)
}

/// What is wrong with the third record of a dump of five peers.
fn found(third: &[u8]) -> String {
    let sound = unicast("11.0.0.0/8", &[(0, path(&[1]))]);
    let start = [peers(5), sound].concat();
    let error = refused(Format::Mrt, &[start.clone(), third.to_vec()].concat());
    let place = format!("there/file: record 3, at octet {}: ", start.len());
    let found = error
        .strip_prefix(&place)
        .unwrap_or_else(|| panic!("{error}"));
    let found = found.strip_prefix("found ").unwrap_or(found);
    let end = "; expected a table dump in MRT format, TABLE_DUMP_V2 (RFC 6396)";
    found.strip_suffix(end).unwrap_or(found).to_owned()
}

#[test]
fn each_prefix_has_its_origins_with_the_peers_that_saw_them() {
    let (stated, tally) = read(Format::Mrt, &dump()).unwrap();
    assert_eq!(stated, DUMP);
    assert_eq!((tally.rows, tally.stated), (3, 4));
    assert!(tally.dropped.is_empty());
}

#[test]
fn packed_and_plain_dumps_in_one_piece_or_several_say_the_same() {
    let plain = read(Format::Mrt, &dump()).unwrap();
    let file = dump();
    let (start, rest) = file.split_at(70);
    for packed in [
        gzip(&file),
        bzip2(&file),
        [gzip(start), gzip(rest)].concat(),
        [bzip2(start), bzip2(rest)].concat(),
    ] {
        assert_eq!(read(Format::Mrt, &packed).unwrap(), plain);
    }
}

#[test]
fn a_peer_with_several_paths_to_one_origin_counts_once_for_it() {
    let prefix = "11.1.0.0/16".parse().unwrap();
    let paths = [
        (2, path(&[1, 3])),
        (2, path(&[2, 3])),
        (2, path(&[2, 4])),
        (1, path(&[3])),
    ];
    let paths: Vec<_> = paths
        .iter()
        .map(|(peer, path)| (*peer, attributes(path)))
        .collect();
    let (stated, _) = of(&[record(13, 8, &rib(prefix, &paths, true))]);
    assert_eq!(stated, ["11.1.0.0/16 AS3 by 2", "11.1.0.0/16 AS4 by 1"]);
    let prefix = "2400:1::/32".parse().unwrap();
    let (stated, _) = of(&[record(13, 10, &rib(prefix, &paths, true))]);
    assert_eq!(stated, ["2400:1::/32 AS3 by 2", "2400:1::/32 AS4 by 1"]);
}

#[test]
fn a_path_that_ends_in_a_set_has_no_origin_and_confederations_are_passed_over() {
    let sequence = |asn| Segment::Sequence(vec![9, asn]);
    let paths = [
        (0, vec![sequence(1), Segment::Set(vec![2, 3])]),
        (1, vec![sequence(1), Segment::Set(vec![2])]),
        (2, vec![Segment::Set(vec![2, 3]), sequence(4)]),
        (
            3,
            vec![sequence(4), Segment::ConfederationSequence(vec![8])],
        ),
        (
            4,
            vec![
                Segment::ConfederationSet(vec![7]),
                sequence(4),
                Segment::Set(vec![]),
            ],
        ),
    ];
    let (stated, tally) = of(&[unicast("11.1.0.0/16", &paths)]);
    assert_eq!(stated, ["11.1.0.0/16 AS4 by 3"]);
    assert_eq!(tally.dropped, [(Dropped::AsSet, 2)].into());
}

#[test]
fn a_path_without_an_as_has_no_origin() {
    let without = rib(
        "11.1.0.0/16".parse().unwrap(),
        &[(0, vec![0x40, 1, 1, 0])],
        false,
    );
    let within = vec![Segment::ConfederationSequence(vec![65_000])];
    let (stated, tally) = of(&[
        record(13, 2, &without),
        unicast("11.2.0.0/16", &[(0, vec![]), (1, within)]),
    ]);
    assert_eq!(stated, [""; 0]);
    assert_eq!(tally.dropped, [(Dropped::NoOrigin, 3)].into());
}

#[test]
fn reserved_ases_are_no_origins() {
    let ends = [0, 23_456, 64_496, 64_512, 65_535];
    let paths: Vec<_> = (0..).zip(ends.map(|asn| path(&[1, asn]))).collect();
    let (stated, tally) = of(&[unicast("11.1.0.0/16", &paths)]);
    assert_eq!(stated, [""; 0]);
    let dropped = [(Dropped::NotRouted, 1), (Dropped::ReservedAs, 4)];
    assert_eq!(tally.dropped, dropped.into());
}

#[test]
fn default_routes_nonsense_lengths_and_bogons_are_left_out_and_counted() {
    let one = |prefix: &str| unicast(prefix, &[(0, path(&[1]))]);
    let (stated, tally) = of(&[
        one("0.0.0.0/0"),
        one("::/0"),
        one("12.0.0.0/7"),
        one("11.0.0.0/25"),
        one("2400::/15"),
        one("2400::/49"),
        one("10.0.0.0/8"),
        one("192.168.7.0/24"),
        one("224.0.0.0/8"),
        one("240.0.0.0/8"),
        one("2001:db8:1::/48"),
        one("fd00::/16"),
        one("4000::/16"),
        one("11.0.0.0/24"),
        one("2400::/48"),
        // Around a block that is private, not within it.
        one("192.0.0.0/16"),
        // Reachable, within one that is not.
        one("2001:4:112::/48"),
    ]);
    let kept = [
        "11.0.0.0/24",
        "2400::/48",
        "192.0.0.0/16",
        "2001:4:112::/48",
    ];
    assert_eq!(stated, kept.map(|prefix| format!("{prefix} AS1 by 1")));
    let dropped = [
        (Dropped::DefaultRoute, 2),
        (Dropped::Length, 4),
        (Dropped::Bogon, 7),
    ];
    assert_eq!(tally.dropped, dropped.into());
}

#[test]
fn tables_other_than_of_unicast_routes_are_passed_over_and_counted() {
    let multicast = rib("11.1.0.0/16".parse().unwrap(), &[], false);
    let other = [3, 5, 6, 7, 9, 11, 12, 99].map(|subtype| record(13, subtype, &multicast));
    let (stated, tally) = of(&other);
    assert_eq!(stated, [""; 0]);
    assert_eq!(tally.dropped, [(Dropped::OtherTable, 8)].into());
}

#[test]
fn bits_beyond_the_length_of_a_prefix_mean_nothing() {
    let mut body = rib(
        "11.0.0.0/9".parse().unwrap(),
        &[(0, attributes(&path(&[1])))],
        false,
    );
    body[6] |= 0x7f;
    let (stated, _) = of(&[record(13, 2, &body)]);
    assert_eq!(stated, ["11.0.0.0/9 AS1 by 1"]);
}

#[test]
fn files_of_other_kinds_are_named() {
    let updates = refused(Format::Mrt, &record(16, 4, b"x"));
    let said = "there/file: record 1, at octet 0: found a record of MRT type 16, a file of \
                messages, BGP4MP; expected a table dump";
    assert!(updates.starts_with(said), "{updates}");
    let first = refused(Format::Mrt, &record(12, 1, b"x"));
    assert!(
        first.contains("of MRT type 12, a table dump of the first version"),
        "{first}"
    );
    let text = refused(Format::Mrt, b"prefix,origin,peers\n");
    let said = "there/file: found data that do not begin with an MRT record; expected a table";
    assert!(text.starts_with(said), "{text}");
    assert_eq!(
        found(&record(16, 4, b"x")),
        "a record of MRT type 16, a file of messages, BGP4MP"
    );
}

#[test]
fn a_prefix_needs_the_list_of_peers_before_it_and_its_peers_in_it() {
    let error = refused(Format::Mrt, &unicast("11.0.0.0/8", &[(0, path(&[1]))]));
    assert!(
        error.contains("found a prefix before the list of peers"),
        "{error}"
    );
    let fifth = unicast("11.0.0.0/8", &[(5, path(&[1]))]);
    assert_eq!(found(&fifth), "a path of a peer that is not in the list");
}

#[test]
fn a_damaged_record_refuses_the_file_and_says_which() {
    let prefix = "11.1.0.0/16".parse().unwrap();
    let with = |attributes: &[u8]| record(13, 2, &rib(prefix, &[(0, attributes.to_vec())], false));
    let behind = |mut body: Vec<u8>| {
        body.push(0);
        body
    };
    let list = &peers(2)[12..];
    let whole = rib(prefix, &[(0, attributes(&path(&[1])))], false);
    let cases = [
        (
            record(13, 2, &[0; 4]),
            "a record that ends within its prefix",
        ),
        (
            record(13, 2, &[0, 0, 0, 0, 16, 11]),
            "a record that ends within its prefix",
        ),
        (
            record(13, 2, &[0, 0, 0, 0, 33, 11, 0, 0, 0, 0, 0, 0]),
            "a prefix longer than an address",
        ),
        (
            record(13, 4, &[&[0, 0, 0, 0, 255][..], &[0; 40]].concat()),
            "a prefix longer than an address",
        ),
        (
            record(13, 2, &whole[..8]),
            "a record that ends before its paths",
        ),
        (
            record(13, 2, &whole[..whole.len() - 1]),
            "a record that ends within a path",
        ),
        (
            record(13, 2, &behind(whole.clone())),
            "octets behind the last path of a record",
        ),
        (
            record(13, 1, &list[..list.len() - 1]),
            "a list of peers that ends within a peer",
        ),
        (
            record(13, 1, &behind(list.to_vec())),
            "octets behind the last peer of the list",
        ),
        (
            with(&[0x40, 2, 7, 2, 1, 0, 0, 0, 1]),
            "a path that ends within an attribute",
        ),
        (with(&[0x50, 2, 1]), "a path that ends within an attribute"),
        (
            with(&[0x40, 2, 5, 2, 1, 0, 0, 1]),
            "an AS path that ends within a segment",
        ),
        (
            with(&[0x40, 2, 6, 5, 1, 0, 0, 0, 1]),
            "a segment of an unknown type in an AS path",
        ),
    ];
    for (third, said) in cases {
        assert_eq!(found(&third), said);
    }
}

#[test]
fn damage_counts_where_the_prefix_is_not_used_too() {
    let prefix = "10.0.0.0/8".parse().unwrap();
    let cut = rib(prefix, &[(0, vec![0x40, 2, 9])], false);
    assert_eq!(
        found(&record(13, 2, &cut)),
        "a path that ends within an attribute"
    );
}

#[test]
fn a_dump_cut_at_any_octet_is_refused_but_between_records() {
    let whole = dump();
    let mut ends = vec![0];
    while let Some(start) = ends.last().filter(|end| **end < whole.len()) {
        let length: [u8; 4] = whole[start + 8..start + 12].try_into().unwrap();
        ends.push(start + 12 + usize::try_from(u32::from_be_bytes(length)).unwrap());
    }
    for end in 0..whole.len() {
        // Nothing in a plain dump says where it ends; what packs one does.
        match read(Format::Mrt, &whole[..end]) {
            Ok(_) => assert!(ends[2..].contains(&end), "cut at {end}"),
            Err(error) => {
                let text = error.to_string();
                assert!(!ends[2..].contains(&end), "cut at {end}: {text}");
                let clear = [
                    "before their own end",
                    "an empty file",
                    "nothing that states",
                ];
                assert!(
                    clear.iter().any(|said| text.contains(said)),
                    "cut at {end}: {text}"
                );
            }
        }
    }
    for packed in [gzip(&whole), bzip2(&whole)] {
        for end in 0..packed.len() {
            refused(Format::Mrt, &packed[..end]);
        }
    }
}

#[test]
fn a_record_beyond_the_limit_is_refused_before_it_is_read() {
    let filled = |octets: usize| [peers(5), record(13, 99, &vec![0; octets])].concat();
    let sound = unicast("11.0.0.0/8", &[(0, path(&[1]))]);
    assert!(read(Format::Mrt, &[filled(1024), sound].concat()).is_ok());
    let error = refused(Format::Mrt, &filled(1025));
    assert!(
        error.contains("found a record of more than 1024 octets"),
        "{error}"
    );
    let mut huge = peers(5);
    huge.extend([0, 0, 0, 0, 0, 13, 0, 2, 0xff, 0xff, 0xff, 0xff]);
    let error = refused(Format::Mrt, &huge);
    assert!(
        error.contains("found a record of more than 1024 octets"),
        "{error}"
    );
}

#[test]
fn each_format_has_limits_that_its_largest_files_keep() {
    let gib = |gib: u64| gib << 30;
    assert_eq!(Format::IpToAsn.limits(), Limits::default());
    assert_eq!(Format::MaxMind.limits().unpacked, gib(2));
    assert_eq!(Format::Mrt.limits().unpacked, gib(32));
}
