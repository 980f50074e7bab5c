//! What terms mean.

use super::support::{passes, ping, web};

/// Each of these passes the web connection, and each of those fails it.
#[track_caller]
fn assert_web(pass: &[&str], fail: &[&str]) {
    for text in pass {
        assert!(passes(text, &web()), "{text}");
    }
    for text in fail {
        assert!(!passes(text, &web()), "{text}");
    }
}

#[test]
fn families_and_protocols() {
    assert_web(
        &[
            "any",
            "ipv4",
            "inet",
            "proto tcp",
            "proto 6",
            "PROTO TCP",
            "protocol != udp",
        ],
        &["ipv6", "inet6", "proto udp", "proto icmp6", "not any"],
    );
    assert!(passes(
        "inet6 and proto icmp6 and proto 58 and proto ipv6-icmp",
        &ping()
    ));
    assert!(passes("proto in [tcp, 58]", &ping()));
    assert!(!passes("ipv4", &ping()));
}

#[test]
fn addresses_are_of_either_end_unless_one_is_named() {
    assert_web(
        &[
            "ip 10.1.2.3",
            "host 198.51.100.7",
            "src ip 10.1.2.3",
            "src host = 10.1.2.3",
            "dst ip 198.51.100.7",
            "src or dst ip 198.51.100.7",
            "dst or src ip 198.51.100.7",
            "src_addr = 10.1.2.3",
            "src_addr != 10.1.2.4",
            "src-addr 10.1.2.3",
        ],
        &[
            "src ip 198.51.100.7",
            "dst ip 10.1.2.3",
            "src and dst ip 10.1.2.3",
            "ip 10.1.2.4",
            "ip ::1",
            "src_addr != 10.1.2.3",
        ],
    );
    assert!(passes("src ip 2001:DB8::1 and dst ip != ::1", &ping()));
}

#[test]
fn networks_and_lists() {
    assert_web(
        &[
            "net 10.0.0.0/8",
            "src net 10.0.0.0 255.0.0.0",
            "src net 10.9.9.9/8",
            "dst net 198.51.100.0/24",
            "src_addr in 10.0.0.0/8",
            "ip in [192.0.2.1 198.51.100.0/24]",
            "ip in [192.0.2.1, 198.51.100.7,::1]",
            "src and dst ip in [10.0.0.0/8 198.51.100.0/24]",
            "src and dst net 0.0.0.0/0",
        ],
        &[
            "dst net 10.0.0.0/8",
            "src and dst net 10.0.0.0/8",
            "src ip in [10.1.2.2 10.1.2.4 ::/0]",
            "net ::/0",
        ],
    );
    assert!(passes(
        "src net 2001:db8:: ffff:ffff:: and dst net 2001:db8:1::/48",
        &ping()
    ));
}

#[test]
fn numbers_compare_and_equality_is_what_no_operator_means() {
    assert_web(
        &[
            "port 443",
            "dst port = 443",
            "dst port == 0x1BB",
            "dst port eq 443",
            "src port > 1024",
            "src port gt 1024",
            "port >= 40000",
            "port ge 40000",
            "dst port < 444",
            "dst port lt 444",
            "dst port <= 443",
            "dst port le 443",
            "dst port != 80",
            "dst port ne 80",
            "port in [80 443]",
            "dst port in 443",
            "bytes = 5k",
            "octets < 5ki",
            "bytes > 4.9k",
            "packets 10",
            "bytes >= 0",
            "bytes <= 18446744073709551615",
        ],
        &[
            "port 80",
            "src port 443",
            "port > 40000",
            "src and dst port > 1000",
            "dst port != 443",
            "port in [80 444]",
            "bytes > 5k",
            "bytes < 0",
            "bytes > 18446744073709551615",
            "packets > 1m",
        ],
    );
}

#[test]
fn what_is_known_of_the_ends() {
    assert_web(
        &[
            "as 64496",
            "src as 64496",
            "asn >= 64496",
            "src country CH",
            "src geo ch",
            "country in [LT IN CH]",
            "country = CH or country = IN or country = IS or country = or",
            "country != DE",
            "vlan 12",
            "src mask 16",
            "src prefix 10.1.0.0",
            "src locality private and dst locality = public",
            "src_network = lab",
            "src_as_name ~ 'example \"NET\"'",
            "as_name = \"Example \\\"Net\\\" AG\"",
            "src_as_name in [\"x\", \"Example \\\"Net\\\" AG\"]",
            "src_latitude > 47.3 and src longitude <= -8.5",
        ],
        &[
            "dst as 64496",
            "dst country CH",
            "country DE",
            "src and dst country CH",
            "dst vlan 12",
            "src_network = LAB",
            "src_as_name ~ exemple",
            "src_as_name = example",
            "src_latitude > 48",
        ],
    );
}

#[test]
fn a_long_list_of_texts_is_searched_too() {
    let names: Vec<String> = (0..50).map(|n| format!("\"net {n}\"")).collect();
    let list = |more: &str| format!("network in [{} {more}]", names.join(" "));
    assert!(passes(&list("lab"), &web()));
    assert!(!passes(&list("lap"), &web()));
}

#[test]
fn interfaces_flags_and_the_rest() {
    assert_web(
        &[
            "if 3",
            "in if 3",
            "in_if = 3",
            "flags S",
            "flags sa",
            "flags SAF",
            "flags S/SR",
            "flags 0x12",
            "flags S and not flags RPU",
            "tos 0x28",
            "exporter 192.0.2.1",
            "router ip 192.0.2.1",
            "exporter ip in 192.0.2.0/24",
            "domain 7",
            "observation_domain = 7",
            "records 2",
            "flows > 1",
            "sampling 1",
            "end_reason = idle or end_reason END",
            "complete",
            "complete = true",
            "complete != false",
        ],
        &[
            "out if 3",
            "in and out if 3",
            "flags R",
            "flags SR",
            "flags S/SA",
            "tos 0",
            "exporter 192.0.2.2",
            "domain 8",
            "end_reason in [idle active]",
            "complete = false",
            "not complete",
        ],
    );
    assert!(passes(
        "icmp-type 128 and icmp code 0 and icmp_type > 100",
        &ping()
    ));
    assert!(!passes("icmp type 8", &ping()));
}

#[test]
fn durations_and_rates_are_those_of_the_prepared_flow() {
    assert_web(
        &[
            "duration 4000",
            "duration_ms = 4k",
            "active_ms = 2000",
            "bps = 20k",
            "bit_rate 20000",
            "pps 5",
            "packet_rate < 5.5",
            "bpp = 500",
        ],
        &["duration > 4k", "bps > 20k", "bpp > 500"],
    );
    assert!(passes(
        "bps is null and pps is null and bpp is null",
        &ping()
    ));
}

#[test]
fn times_and_dates() {
    assert_web(
        &[
            "year 2023 and month 11 and day 14 and hour 22 and minute 13 and second 20",
            "start_ms >= 1700000000000 and end_ms < 1700000004001",
            "start_ms > -1 and year > -5",
            "hour in [21 22]",
        ],
        &["year 2024", "hour < 22", "start_ms < -1"],
    );
}

#[test]
fn not_binds_tighter_than_and_and_that_tighter_than_or() {
    assert_web(
        &[
            "proto tcp or proto udp and port 53",
            "not proto udp and port 443",
            "not (proto udp and port 443)",
            "! proto udp && port 443 || port 53",
            "not not proto tcp",
            "(((port 443)))",
        ],
        &[
            "(proto tcp or proto udp) and port 53",
            "not proto tcp or port 53",
            "not (proto udp or port 443)",
        ],
    );
}

#[test]
fn space_and_comments_separate() {
    assert_web(
        &[
            "  proto tcp # the web\n\tand # of TLS\r\n dst port 443 # and no more",
            "dst port=443&&!(proto udp)",
            "port in[80,443]",
        ],
        &[],
    );
}

#[test]
fn a_comparison_with_null_fails_and_its_negation_passes() {
    for text in [
        "dst country = CH",
        "dst country != CH",
        "dst country in [CH]",
        "dst asn < 4294967295",
        "dst asn >= 0",
        "dst latitude != 0",
        "dst prefix != 0.0.0.0",
        "dst prefix in 0.0.0.0/0",
        "dst_as_name ~ \"\"",
        "out if != 3",
    ] {
        assert!(!passes(text, &web()), "{text}");
        assert!(passes(&format!("not {text}"), &web()), "not {text}");
    }
    for text in ["flags S", "complete", "complete = false", "bpp >= 0"] {
        assert!(!passes(text, &ping()), "{text}");
        assert!(passes(&format!("not {text}"), &ping()), "not {text}");
    }
    assert_web(
        &[
            "dst country is null",
            "src country is not null",
            "country is null",
            "country is not null",
            "bytes is not null",
            "icmp type is null",
        ],
        &[
            "src country is null",
            "src and dst country is not null",
            "bytes is null",
        ],
    );
}
