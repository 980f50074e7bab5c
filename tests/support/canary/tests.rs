//! The search finds every notation, and nothing that is only similar.

use std::net::IpAddr;

use super::Canaries;

fn canaries() -> Canaries {
    let addrs = ["198.18.171.205", "2001:db8:caf3:77::f1ee:c0de"];
    let mut canaries = Canaries::new(addrs.map(|addr| addr.parse::<IpAddr>().unwrap()));
    canaries.add(vec![0x02, 0xCA, 0xFE, 0xF0, 0x0D, 0x99]);
    canaries.add_name("Canary-Port");
    canaries
}

fn how(output: &[u8]) -> Option<&'static str> {
    canaries().find(output).map(|found| found.how)
}

#[test]
fn every_notation_is_found_in_both_orders() {
    for (output, expected) in [
        (&b"\x00\xC6\x12\xAB\xCD\x00"[..], "binary"),
        (b"{\xCD\xAB\x12\xC6}", "binary"),
        (b"x\x02\xCA\xFE\xF0\x0D\x99", "binary"),
        (b"\x20\x01\x0d\xb8\xca\xf3\x00\x77", "binary"),
        (b"key 0c612abcd0 end", "hexadecimal digits"),
        (b"C612ABCD", "hexadecimal digits"),
        (b"=cdab12c6;", "hexadecimal digits"),
        (b"mac 02:ca:fe:f0:0d:99.", "hexadecimal digits"),
        (b"mac 02-CA-FE-F0-0D-99", "hexadecimal digits"),
        (b"00 00 c6 12 ab cd 00", "hexadecimal digits"),
        (b"20010db8caf30077", "hexadecimal digits"),
        (b"payload [0, 198, 18, 171, 205, 7]", "a list of octets"),
        (b"2,202,254,240,13,153", "a list of octets"),
        (b"\"addr\":3323112397,", "a decimal number"),
        (b"3450540742", "a decimal number"),
        (b"from 198.18.171.205:2055", "an address"),
        (b"198.18.171.0/24", "an address"),
        (b"198.18.0.0/16", "an address"),
        (b"205.171.18.198.in-addr.arpa", "an address"),
        (b"[2001:db8:caf3:77::f1ee:c0de]:2055", "an address"),
        (b"2001:0DB8:CAF3:0077:0000:0000:F1EE:C0DE", "an address"),
        (b"2001:db8:caf3:77::f1ee:c0de:443", "an address"),
        (b"net 2001:db8:caf3:77::/64", "an address"),
        (b"::ffff:198.18.171.205", "an address"),
        (
            b"e.d.0.c.e.e.1.f.0.0.0.0.0.0.0.0.7.7.0.0.3.f.a.c.8.b.d.0.1.0.0.2.ip6.arpa",
            "an address",
        ),
        (b"on canary-port 3", "a name"),
    ] {
        let text = String::from_utf8_lossy(output);
        assert_eq!(how(output), Some(expected), "{text}");
    }
}

#[test]
fn what_is_only_similar_is_not_found() {
    for output in [
        &b"198.18.171.206 198.19.171.205 18.171.205.198"[..],
        b"198.18.171.2050 1198.18.171.205",
        b"c612abce 332311239 33231123970",
        b"[198, 18, 171, 2050]",
        b"2001:db8:caf3:78::f1ee:c0de",
        b"\xC6\x12\xAB\xCE",
        b"",
    ] {
        let text = String::from_utf8_lossy(output);
        assert_eq!(canaries().find(output), None, "{text}");
    }
}
