//! The canonical text of a filter.

use super::support::filter;

#[test]
fn the_canonical_text_names_fields_by_their_own_names() {
    for (text, canonical) in [
        ("any", "any"),
        ("INET and inet6", "ipv4 and ipv6"),
        ("src host 10.0.0.1", "src_addr = 10.0.0.1"),
        ("ip != 2001:DB8:0::1", "ip != 2001:db8::1"),
        ("dst net 10.1.2.3/8", "dst_addr in [10.0.0.0/8]"),
        ("src net 10.1.2.3 255.255.0.0", "src_addr in [10.1.0.0/16]"),
        ("dst and src ip in ::1", "src and dst ip in [::1/128]"),
        ("proto 6", "protocol = tcp"),
        ("proto in [17,6,6 254]", "protocol in [tcp udp 254]"),
        ("port in [443, 80 443]", "port in [80 443]"),
        ("out or in if gt 1", "if > 1"),
        ("in and out if 1", "in and out if = 1"),
        ("flags AS", "flags SA"),
        ("flags a/AS", "flags A/SA"),
        ("flags 0x1200", "flags 0x1200"),
        ("octets ge 1.5k", "bytes >= 1500"),
        ("bps < 1.25m", "bit_rate < 1250000"),
        ("bpp 64", "bpp = 64"),
        ("src geo ch", "src_country = CH"),
        ("end_reason IDLE", "end_reason = idle"),
        (
            "src_network 'a \"b\" \\\\ \\n'",
            "src_network = \"a \\\"b\\\" \\\\ \\n\"",
        ),
        ("as_name ~ GmbH", "as_name ~ \"gmbh\""),
        ("complete", "complete = true"),
        ("complete != true", "complete = false"),
        ("router ip 192.0.2.1", "exporter = 192.0.2.1"),
        ("vlan is null", "vlan is null"),
        ("src vlan is not null", "src_vlan is not null"),
    ] {
        assert_eq!(filter(text).to_string(), canonical, "{text}");
        assert_eq!(filter(canonical), filter(text), "{text}");
    }
}

#[test]
fn the_canonical_text_has_no_more_parentheses_than_needed() {
    for (text, canonical) in [
        (
            "(port 1 && (port 2 && port 3))",
            "port = 1 and port = 2 and port = 3",
        ),
        (
            "(port 1 and port 2) or port 3",
            "port = 1 and port = 2 or port = 3",
        ),
        (
            "port 1 and (port 2 or port 3)",
            "port = 1 and (port = 2 or port = 3)",
        ),
        (
            "!(port 1) and !!port 2",
            "not port = 1 and not not port = 2",
        ),
        ("!(port 1 or (port 2))", "not (port = 1 or port = 2)"),
    ] {
        assert_eq!(filter(text).to_string(), canonical, "{text}");
        assert_eq!(filter(canonical), filter(text), "{text}");
    }
    assert_ne!(
        filter("port 1 or port 2"),
        filter("port 2 or port 1"),
        "order is kept"
    );
    assert_eq!(filter("port  1").text(), "port  1");
}
