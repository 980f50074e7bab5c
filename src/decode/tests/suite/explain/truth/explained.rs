//! Where another value is right than the one that tshark shows, and why.

use std::collections::BTreeMap;

/// Where a difference is: a capture's path or its beginning, and tshark's name.
struct Explained {
    path: &'static str,
    what: &'static str,
    why: &'static str,
}

const START: &str = "An uptime of 0 in elements 21 and 22 is the exporter's start (RFC 3954, 8); tshark shows \
    it as an absolute time of 1970.";
const CISCO: &str = "Elements 40,001 to 40,004 are Cisco's own, of NetFlow v9 on ASA, and have no number at IANA \
    (RFC 3954, 8): octets by their number here.";
const ADAPTERS: &str = "Counters of format 0:2001 have 36 octets, and are passed over by their length (sFlow v5, \
    5.3). tshark reads no more than their length, and takes their octets for counters of format 2.";

const EXPLAINED: [Explained; 19] = [
    at(
        "Cistern__sflow/host_sample.pcap",
        "sflow_245.dot3StatsFCSErrors",
        ADAPTERS,
    ),
    at(
        "Cistern__sflow/host_sample.pcap",
        "sflow_245.dot3StatsSymbolErrors",
        ADAPTERS,
    ),
    at(
        "the-tcpdump-group__tcpdump/sflow_multiple_counter_30_pdus.pcap",
        "sflow_245.dot3StatsFCSErrors",
        ADAPTERS,
    ),
    at(
        "the-tcpdump-group__tcpdump/sflow_multiple_counter_30_pdus.pcap",
        "sflow_245.dot3StatsSymbolErrors",
        ADAPTERS,
    ),
    at(
        "Graylog2__graylog-plugin-netflow/nprobe-netflow9.pcap",
        "cflow.abstimestart",
        START,
    ),
    at(
        "Graylog2__graylog-plugin-netflow/nprobe-netflow9.pcap",
        "cflow.abstimeend",
        START,
    ),
    at(
        "logstash-plugins__logstash-codec-netflow/IPFIX.pcap",
        "cflow.abstimestart",
        START,
    ),
    at(
        "logstash-plugins__logstash-codec-netflow/Netflow-9-Cisco-ASA.pcap",
        "cflow.post_naptsource_transport_port",
        CISCO,
    ),
    at(
        "logstash-plugins__logstash-codec-netflow/Netflow-9-Cisco-ASA.pcap",
        "cflow.post_naptdestination_transport_port",
        CISCO,
    ),
    at(
        "logstash-plugins__logstash-codec-netflow/Netflow-9-Cisco-ASA.pcap",
        "cflow.post_natsource_ipv4_address",
        CISCO,
    ),
    at(
        "logstash-plugins__logstash-codec-netflow/Netflow-9-Cisco-ASA.pcap",
        "cflow.post_natdestination_ipv4_address",
        CISCO,
    ),
    at(
        "NetGauze__NetGauze/inline_netflow_test_records_len_larger_than_count.pcap",
        "records",
        "A FlowSet of 264 octets and a template of 2,563: it holds no record (RFC 7011, 3.4.3). tshark shows the \
         part of one.",
    ),
    at(
        "google__gopacket/inline_sflow_test_SFlowTestPacket11.pcap",
        "records",
        "A sample of 116 octets, of which 76 are there: the datagram is rejected. tshark shows what is there.",
    ),
    at(
        "google__gopacket/inline_sflow_test_SFlowTestPacket5.pcap",
        "records",
        "Flow data of 16 octets, of which the sample holds 12: the datagram is rejected. tshark shows what is there.",
    ),
    at(
        "logstash-plugins__logstash-codec-netflow/Netflow-5-invalid-01.pcap",
        "records",
        "A count of 55,582 with 30 records: the datagram is rejected. tshark shows the 30.",
    ),
    at(
        "logstash-plugins__logstash-codec-netflow/Netflow-9-invalid-01.pcap",
        "records",
        "The header's count is 2 and counts templates; FlowSets are found by their length (RFC 3954, 5.2). tshark \
         ends after two records.",
    ),
    at(
        "mikemiles-dev__netflow_parser/inline_tests_it_parses_ipfix_with_v9_options_template_packet.pcap",
        "records",
        "Set ID 1 is of NetFlow v9 and not used in IPFIX (RFC 7011, 3.3.2), so its options have no template.",
    ),
    at(
        "mikemiles-dev__netflow_parser/inline_tests_options_no_data.pcap",
        "records",
        "Options of 33 octets of scopes, which is no number of fields (RFC 3954, 6.1): no template, and no data.",
    ),
    at(
        "mikemiles-dev__netflow_parser/inline_tests_v9_example_from_integration_test.pcap",
        "records",
        "A template of ID 1, which is below 256 (RFC 3954, 5.2), voids its message and the template beside it.",
    ),
];

const fn at(path: &'static str, what: &'static str, why: &'static str) -> Explained {
    Explained { path, what, why }
}

/// The place of the explanation of a difference.
pub(super) fn place(path: &str, what: &str) -> Option<usize> {
    let fits = |of: &Explained| path.starts_with(of.path) && what == of.what;
    EXPLAINED.iter().position(fits)
}

/// An explanation as a line.
pub(super) fn text(at: usize) -> String {
    let Explained { path, what, why } = &EXPLAINED[at];
    format!("{path} {what}: {why}")
}

/// Asserts that everything that is explained is there.
pub(super) fn assert_all(used: &BTreeMap<usize, usize>) {
    for at in 0..EXPLAINED.len() {
        assert!(
            used.contains_key(&at),
            "there is no such difference: {}",
            text(at)
        );
    }
}
