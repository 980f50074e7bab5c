//! IPtoASN's tab-separated ranges.

use db::source::{Dropped, Format};

use crate::{gzip, read, refused};

const FILE: &str = "1.0.0.0\t1.0.0.255\t64500\tAU\tEXAMPLE-NET\n\
                    1.0.1.0\t1.0.3.255\t0\tNone\tNot routed\n\
                    1.0.4.0\t1.0.6.255\t64501\tfr\tExemple, r\u{e9}seau\n\
                    2001:db8::\t2001:db8:1:ffff:ffff:ffff:ffff:ffff\t64500\tUnknown\tANOTHER-NAME\n";

#[test]
fn a_range_is_cut_into_prefixes_with_origin_and_country_and_an_as_has_its_first_name() {
    let (stated, tally) = read(Format::IpToAsn, FILE.as_bytes()).unwrap();
    assert_eq!(
        stated,
        [
            "1.0.0.0/24 of AS64500",
            "1.0.0.0/24 in AU",
            "AS64500 is EXAMPLE-NET",
            "1.0.4.0/23 of AS64501",
            "1.0.4.0/23 in FR",
            "1.0.6.0/24 of AS64501",
            "1.0.6.0/24 in FR",
            "AS64501 is Exemple, r\u{e9}seau",
            "2001:db8::/47 of AS64500",
        ]
    );
    assert_eq!((tally.rows, tally.stated), (4, 9));
    assert_eq!(tally.dropped, [(Dropped::NotRouted, 1)].into());
}

#[test]
fn packed_and_plain_in_one_piece_or_several_say_the_same() {
    let plain = read(Format::IpToAsn, FILE.as_bytes()).unwrap();
    assert_eq!(
        read(Format::IpToAsn, &gzip(FILE.as_bytes())).unwrap(),
        plain
    );
    let (start, rest) = FILE.as_bytes().split_at(50);
    let pieces = [gzip(start), gzip(rest)].concat();
    assert_eq!(read(Format::IpToAsn, &pieces).unwrap(), plain);
    let dos = FILE.replace('\n', "\r\n");
    assert_eq!(read(Format::IpToAsn, dos.as_bytes()).unwrap(), plain);
    let cut = FILE.trim_end();
    assert_eq!(read(Format::IpToAsn, cut.as_bytes()).unwrap(), plain);
}

#[test]
fn a_country_of_other_than_two_letters_is_left_out_and_counted() {
    let file = "1.0.0.0\t1.0.0.255\t64500\tEUR\tEXAMPLE\n";
    let (stated, tally) = read(Format::IpToAsn, file.as_bytes()).unwrap();
    assert_eq!(stated, ["1.0.0.0/24 of AS64500", "AS64500 is EXAMPLE"]);
    assert_eq!(tally.dropped, [(Dropped::Country, 1)].into());
}

#[test]
fn a_name_that_is_no_utf_8_keeps_what_can_be_read_of_it() {
    let file = b"1.0.0.0\t1.0.0.255\t64500\tNone\tExempl\xe9\n";
    let (stated, _) = read(Format::IpToAsn, file).unwrap();
    assert_eq!(stated[1], "AS64500 is Exempl\u{fffd}");
}

#[test]
fn a_broken_row_refuses_the_file_and_says_its_line() {
    let broken = [
        (
            "1.0.0.0\t1.0.0.255\t64500\tAU",
            "found `1.0.0.0\\t1.0.0.255",
        ),
        (
            "1.0.0.256\t1.0.0.255\t1\tAU\tX",
            "found `1.0.0.256`; expected an IPv4",
        ),
        ("1.0.0.0\t::\t1\tAU\tX", "expected a range of one family"),
        (
            "1.0.0.9\t1.0.0.0\t1\tAU\tX",
            "from its first address to its last",
        ),
        (
            "1.0.0.0\t1.0.0.255\t4294967296\tAU\tX",
            "found `4294967296`",
        ),
        (
            "1.0.0.0\t1.0.0.255\tAS1\tAU\tX",
            "found `AS1`; expected an AS number",
        ),
    ];
    for (row, said) in broken {
        let error = refused(Format::IpToAsn, format!("{FILE}{row}\n").as_bytes());
        assert!(error.starts_with("there/file: line 5: found "), "{error}");
        assert!(error.contains(said), "{error}");
    }
}
