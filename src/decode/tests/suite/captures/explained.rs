//! Why counts of a capture differ from those of other decoders, by the standard.

use super::table::Row;

/// Why the counts of a capture differ, where they do.
pub(crate) fn why(path: &str) -> Option<&'static str> {
    let explained = EXPLAINED.iter().find(|(of, _)| *of == path);
    explained.map(|&(_, why)| why)
}

/// Asserts that no capture is explained that is not there.
pub(super) fn assert_all_in(rows: &[Row]) {
    for (path, _) in EXPLAINED {
        assert!(rows.iter().any(|row| row.path == path), "{path}");
    }
}

const WAITED: &str = "The data come before their template. RFC 3954, 9 asks to keep them for it and RFC 7011, \
    8 and 9.3 allow it: they wait and are decoded (`wire/waiting.rs`); the others drop them.";
const NO_ADDRESS: &str = "Records of counters or stations, without an address: no Flow Key as the prepared flow \
    has it (RFC 7011, 2), so no flow (`no_key`). The others store them with addresses of zeros.";
const TRUNCATED: &str = "The Template Record claims more fields than its FlowSet holds (RFC 3954, 5.2): \
    `template_truncated` voids the message. tshark shows the part that is there.";
const SHORT: &str = "The message is longer by its header than its datagram: RFC 7011, 9.1 discards it as a whole \
    (`length_mismatch`). tshark shows Template Records out of it.";
const SET_LENGTH: &str = "The length of a Set is below 4 or beyond its message: RFC 7011, 9.1 discards the message \
    as a whole (`set_length`), its templates too. tshark shows what came before.";
const COUNT: &str = "The header's count is not that of the records. It counts records and is of no use for \
    finding them: FlowSets are found by their length (RFC 3954, 5.2). tshark goes by the count.";

const EXPLAINED: [(&str, &str); 31] = [
    (
        "EdgeCast__vflow/inline_decoder_test_TestDecodeDataTpl.pcap",
        WAITED,
    ),
    (
        "Graylog2__graylog-plugin-netflow/dat_netflow-v9-1.pcap",
        "A FlowSet of 7,496 octets in a datagram of 404 (RFC 3954, 5.2): the message is discarded as a whole, as \
         RFC 7011, 9.1 asks for in IPFIX (`set_length`). nfdump keeps what came before.",
    ),
    ("Graylog2__graylog-plugin-netflow/netflow9.pcap", COUNT),
    (
        "Graylog2__graylog-plugin-netflow/nprobe-netflow9-4.pcap",
        WAITED,
    ),
    (
        "NetGauze__NetGauze/inline_ipfix_test_zero_length_fields.pcap",
        SET_LENGTH,
    ),
    (
        "NetGauze__NetGauze/inline_netflow_test_records_len_larger_than_count.pcap",
        "A FlowSet of 264 octets and a template of 2,563: it holds no record (RFC 7011, 3.4.3; `short_data_set`). \
         tshark shows the part of one.",
    ),
    ("ad1217__rs-ipfix-rw/looper_01.pcap", SHORT),
    ("ad1217__rs-ipfix-rw/seq_temp+data+dns.pcap", SHORT),
    (
        "exporters/ovs_sflow.pcap",
        "Flow samples whose packet has no address to be read: 30 of ARP, one of IP version 0, one cut off within \
         its addresses (`packet_not_ip`, `packet_truncated`). The others count samples.",
    ),
    (
        "exporters/softflowd_v1.pcap",
        "nfdump reads the first 10 of the records that the header counts and the length has room for.",
    ),
    (
        "google__gopacket/inline_sflow_test_SFlowEthernetFramePacket.pcap",
        "Flow samples of Ethernet addresses and types only (sFlow v5, `sampled_ethernet`): no address, no flow \
         (`no_key`).",
    ),
    (
        "google__gopacket/inline_sflow_test_SFlowTestPacket4.pcap",
        "A flow sample of what a switch says, without a packet (sFlow v5, `extended_switch`): no address, no flow \
         (`no_key`).",
    ),
    (
        "google__gopacket/inline_sflow_test_SFlowTestPacket5.pcap",
        "Flow data of 16 octets by their length, of which 12 are there: the datagram is rejected \
         (`sample_length`), as by nfdump.",
    ),
    (
        "logstash-plugins__logstash-codec-netflow/Netflow-5-invalid-01.pcap",
        "A v5 header that counts 55,582 records, with room for 30: neither number is to be believed, and the \
         datagram is rejected (`count_mismatch`), as by nfdump.",
    ),
    (
        "logstash-plugins__logstash-codec-netflow/Netflow-9-Cisco-WLC.pcap",
        NO_ADDRESS,
    ),
    (
        "logstash-plugins__logstash-codec-netflow/Netflow-9-invalid-01.pcap",
        COUNT,
    ),
    (
        "mikemiles-dev__netflow_parser/inline_cache_collision_test_auto_scoped_parser_template_isolation.pcap",
        NO_ADDRESS,
    ),
    (
        "mikemiles-dev__netflow_parser/inline_dos_edge_cases_test_rapid_template_collisions.pcap",
        NO_ADDRESS,
    ),
    (
        "mikemiles-dev__netflow_parser/inline_pending_flows_test_v9_pending_replay_with_same_packet_data.pcap",
        NO_ADDRESS,
    ),
    (
        "mikemiles-dev__netflow_parser/inline_tests_can_read_ipfix.pcap",
        SET_LENGTH,
    ),
    (
        "mikemiles-dev__netflow_parser/inline_tests_it_parses_ipfix_with_v9_options_template_packet.pcap",
        "An IPFIX message with an Options Template of v9 in Set 1, which is not used in IPFIX: the Set is passed \
         over (RFC 7011, 3.3.2; `reserved_set`), and its data have no template. tshark reads it as v9.",
    ),
    (
        "mikemiles-dev__netflow_parser/inline_tests_options.pcap",
        "An Options Template Record with Template ID 14: IDs below 256 are reserved (RFC 7011, 3.4.1), and the \
         message is malformed (`template_id`). tshark shows it.",
    ),
    (
        "mikemiles-dev__netflow_parser/inline_tests_options_no_data.pcap",
        "An Options Template of v9 with scopes of 33 octets, where a scope has 4 (RFC 3954, 6.1): the message is \
         discarded (`scope_count`). tshark reads the fields from there on.",
    ),
    (
        "mikemiles-dev__netflow_parser/inline_tests_parse_ipfix_with_partial_template_data.pcap",
        SHORT,
    ),
    (
        "mikemiles-dev__netflow_parser/inline_tests_parse_ipfix_with_v9_style_template.pcap",
        "Template Records in Set 0, which is not used in IPFIX (RFC 7011, 3.3.2), with octets behind it that are \
         no Set (9.1; `set_length`); in the other message, octets of records where a Template ID would be (3.4.1; \
         `template_id`). tshark shows both.",
    ),
    (
        "mikemiles-dev__netflow_parser/inline_tests_parses_v9_data_set.pcap",
        SET_LENGTH,
    ),
    (
        "mikemiles-dev__netflow_parser/inline_tests_test_template_reregistration_same_definition.pcap",
        "Four octets of zeros after the last Template Record are padding (RFC 3954, 5.2 and 9); tshark counts \
         them as a template of ID 0 without fields.",
    ),
    (
        "mikemiles-dev__netflow_parser/inline_tests_test_v9_template_only_iter_packets.pcap",
        TRUNCATED,
    ),
    (
        "mikemiles-dev__netflow_parser/inline_tests_v9_data_with_template_in_same_packet.pcap",
        TRUNCATED,
    ),
    (
        "mikemiles-dev__netflow_parser/inline_tests_v9_example_from_integration_test.pcap",
        "Three messages: a Template Record of ID 1, where RFC 3954, 5.2 leaves 0 to 255 to FlowSets \
         (`template_id`); data that so have no template; a FlowSet beyond its message (`set_length`).",
    ),
    (
        "vmware__go-ipfix/inline_process_test_file.pcap",
        "A template is replaced by a longer one of the same ID (RFC 7011, 8.4): data of the first no longer fit \
         (`short_data_set`). Its v9 message has a FlowSet of 3 octets (`set_length`). nfdump agrees.",
    ),
];
