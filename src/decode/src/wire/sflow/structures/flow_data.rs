//! Flow data by their formats.

use super::Form::{Address, Mac, Opaque, Path, Text, V4, V6, Word, Words};
use super::{Known, known};

/// All, by number.
pub(super) const FLOW_DATA: [Known; 25] = [
    known(
        1,
        "sampled_header",
        &[
            ("header_protocol", Word),
            ("frame_length", Word),
            ("stripped", Word),
            ("header", Opaque),
        ],
    ),
    known(
        2,
        "sampled_ethernet",
        &[
            ("length", Word),
            ("src_mac", Mac),
            ("dst_mac", Mac),
            ("type", Word),
        ],
    ),
    known(
        3,
        "sampled_ipv4",
        &[
            ("length", Word),
            ("protocol", Word),
            ("src_ip", V4),
            ("dst_ip", V4),
            ("src_port", Word),
            ("dst_port", Word),
            ("tcp_flags", Word),
            ("tos", Word),
        ],
    ),
    known(
        4,
        "sampled_ipv6",
        &[
            ("length", Word),
            ("protocol", Word),
            ("src_ip", V6),
            ("dst_ip", V6),
            ("src_port", Word),
            ("dst_port", Word),
            ("tcp_flags", Word),
            ("priority", Word),
        ],
    ),
    known(
        1_001,
        "extended_switch",
        &[
            ("src_vlan", Word),
            ("src_priority", Word),
            ("dst_vlan", Word),
            ("dst_priority", Word),
        ],
    ),
    known(
        1_002,
        "extended_router",
        &[
            ("nexthop", Address),
            ("src_mask_len", Word),
            ("dst_mask_len", Word),
        ],
    ),
    known(
        1_003,
        "extended_gateway",
        &[
            ("nexthop", Address),
            ("as", Word),
            ("src_as", Word),
            ("src_peer_as", Word),
            ("dst_as_path", Path),
            ("communities", Words),
            ("localpref", Word),
        ],
    ),
    known(
        1_004,
        "extended_user",
        &[
            ("src_charset", Word),
            ("src_user", Opaque),
            ("dst_charset", Word),
            ("dst_user", Opaque),
        ],
    ),
    known(
        1_005,
        "extended_url",
        &[("direction", Word), ("url", Text), ("host", Text)],
    ),
    known(1_006, "extended_mpls", &[]),
    known(
        1_007,
        "extended_nat",
        &[("src_address", Address), ("dst_address", Address)],
    ),
    known(1_008, "extended_mpls_tunnel", &[]),
    known(1_009, "extended_mpls_vc", &[]),
    known(1_010, "extended_mpls_FTN", &[]),
    known(1_011, "extended_mpls_LDP_FEC", &[]),
    known(1_012, "extended_vlantunnel", &[]),
    known(1_013, "extended_80211_payload", &[]),
    known(1_014, "extended_80211_rx", &[]),
    known(1_015, "extended_80211_tx", &[]),
    known(1_016, "extended_80211_aggregation", &[]),
    known(
        1_020,
        "extended_nat_port",
        &[("src_port", Word), ("dst_port", Word)],
    ),
    known(1_031, "extended_proxy_request", &[]),
    known(
        2_100,
        "extended_socket_ipv4",
        &[
            ("protocol", Word),
            ("local_ip", V4),
            ("remote_ip", V4),
            ("local_port", Word),
            ("remote_port", Word),
        ],
    ),
    known(
        2_101,
        "extended_socket_ipv6",
        &[
            ("protocol", Word),
            ("local_ip", V6),
            ("remote_ip", V6),
            ("local_port", Word),
            ("remote_port", Word),
        ],
    ),
    known(2_206, "http_request", &[]),
];
