//! What tshark calls the fields that are told here by the names of elements and of sFlow's
//! structures.

/// How tshark shows a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// A number, in decimal or after `0x` in hexadecimal.
    Number,
    /// An address, IPv4 or IPv6 or of IEEE 802.
    Address,
    /// Text up to the first NUL.
    Text,
    /// Octets; their hexadecimal form is beside what is shown.
    Octets,
    /// Seconds since the exporter's start; told in milliseconds.
    Uptime,
    /// A date and time.
    Date,
}

use Shown::{Address, Date, Number, Octets, Text, Uptime};

/// The names of a field here; of several elements, tshark shows one name.
pub(super) fn of(shown: &str) -> Option<(&'static [&'static str], Shown)> {
    let all = ELEMENTS.iter().chain(&STRUCTURES);
    let found = all.into_iter().find(|(name, ..)| *name == shown);
    found.map(|&(_, names, form)| (names, form))
}

type Name = (&'static str, &'static [&'static str], Shown);

const ELEMENTS: [Name; 83] = [
    ("cflow.srcaddr", &["sourceIPv4Address"], Address),
    ("cflow.dstaddr", &["destinationIPv4Address"], Address),
    ("cflow.srcaddrv6", &["sourceIPv6Address"], Address),
    ("cflow.dstaddrv6", &["destinationIPv6Address"], Address),
    ("cflow.nexthop", &["ipNextHopIPv4Address"], Address),
    ("cflow.nexthopv6", &["ipNextHopIPv6Address"], Address),
    ("cflow.bgpnexthop", &["bgpNextHopIPv4Address"], Address),
    ("cflow.bgpnexthopv6", &["bgpNextHopIPv6Address"], Address),
    ("cflow.toplabeladdr", &["mplsTopLabelIPv4Address"], Address),
    (
        "cflow.toplabeladdr_v6",
        &["mplsTopLabelIPv6Address"],
        Address,
    ),
    ("cflow.exporter_addr", &["exporterIPv4Address"], Address),
    ("cflow.exporter_addr_v6", &["exporterIPv6Address"], Address),
    (
        "cflow.post_natsource_ipv4_address",
        &["postNATSourceIPv4Address"],
        Address,
    ),
    (
        "cflow.post_natdestination_ipv4_address",
        &["postNATDestinationIPv4Address"],
        Address,
    ),
    ("cflow.sta_ipv4_address", &["staIPv4Address"], Address),
    ("cflow.sta_mac_address", &["staMacAddress"], Address),
    ("cflow.wtp_mac_address", &["wtpMacAddress"], Address),
    ("cflow.srcmac", &["sourceMacAddress"], Address),
    ("cflow.dstmac", &["destinationMacAddress"], Address),
    ("cflow.post_dstmac", &["postDestinationMacAddress"], Address),
    ("cflow.post_srcmac", &["postSourceMacAddress"], Address),
    ("cflow.inputint", &["ingressInterface"], Number),
    ("cflow.outputint", &["egressInterface"], Number),
    (
        "cflow.ingress_physical_interface",
        &["ingressPhysicalInterface"],
        Number,
    ),
    (
        "cflow.egress_physical_interface",
        &["egressPhysicalInterface"],
        Number,
    ),
    ("cflow.protocol", &["protocolIdentifier"], Number),
    ("cflow.octets", &["octetDeltaCount"], Number),
    ("cflow.packets", &["packetDeltaCount"], Number),
    ("cflow.permanent_octets", &["octetTotalCount"], Number),
    ("cflow.permanent_packets", &["packetTotalCount"], Number),
    ("cflow.post_octets", &["postOctetDeltaCount"], Number),
    ("cflow.post_packets", &["postPacketDeltaCount"], Number),
    (
        "cflow.delta_octets_squared",
        &["octetDeltaSumOfSquares"],
        Number,
    ),
    ("cflow.octetsexp", &["exportedOctetTotalCount"], Number),
    ("cflow.packetsexp", &["exportedMessageTotalCount"], Number),
    ("cflow.flowsexp", &["exportedFlowRecordTotalCount"], Number),
    ("cflow.ignore_packets", &["ignoredPacketTotalCount"], Number),
    (
        "cflow.notsent_packets",
        &["notSentPacketTotalCount"],
        Number,
    ),
    ("cflow.srcport", &["sourceTransportPort"], Number),
    ("cflow.dstport", &["destinationTransportPort"], Number),
    (
        "cflow.post_naptsource_transport_port",
        &["postNAPTSourceTransportPort"],
        Number,
    ),
    (
        "cflow.post_naptdestination_transport_port",
        &["postNAPTDestinationTransportPort"],
        Number,
    ),
    ("cflow.tos", &["ipClassOfService"], Number),
    ("cflow.post_tos", &["postIpClassOfService"], Number),
    ("cflow.ip_version", &["ipVersion"], Number),
    ("cflow.ip_ttl", &["ipTTL"], Number),
    ("cflow.ttl_max", &["maximumTTL"], Number),
    ("cflow.ttl_min", &["minimumTTL"], Number),
    ("cflow.tcpflags", &["tcpControlBits"], Number),
    ("cflow.direction", &["flowDirection"], Number),
    ("cflow.flow_end_reason", &["flowEndReason"], Number),
    ("cflow.sampling_interval", &["samplingInterval"], Number),
    ("cflow.sampling_algorithm", &["samplingAlgorithm"], Number),
    ("cflow.sampler_id", &["samplerId"], Number),
    ("cflow.sampler_mode", &["samplerMode"], Number),
    (
        "cflow.sampler_random_interval",
        &["samplerRandomInterval"],
        Number,
    ),
    (
        "cflow.sampling_packet_interval",
        &["samplingPacketInterval"],
        Number,
    ),
    (
        "cflow.sampling_packet_space",
        &["samplingPacketSpace"],
        Number,
    ),
    ("cflow.sampling_size", &["samplingSize"], Number),
    ("cflow.sampling_population", &["samplingPopulation"], Number),
    ("cflow.selector_id", &["selectorId"], Number),
    ("cflow.srcas", &["bgpSourceAsNumber"], Number),
    ("cflow.dstas", &["bgpDestinationAsNumber"], Number),
    ("cflow.srcmask", &["sourceIPv4PrefixLength"], Number),
    ("cflow.dstmask", &["destinationIPv4PrefixLength"], Number),
    ("cflow.srcmaskv6", &["sourceIPv6PrefixLength"], Number),
    ("cflow.dstmaskv6", &["destinationIPv6PrefixLength"], Number),
    ("cflow.vlanid", &["vlanId"], Number),
    ("cflow.post_vlanid", &["postVlanId"], Number),
    ("cflow.ingress_vrfid", &["ingressVRFID"], Number),
    ("cflow.egress_vrfid", &["egressVRFID"], Number),
    ("cflow.ipv6flowlabel", &["flowLabelIPv6"], Number),
    ("cflow.icmp_type_code_ipv4", &["icmpTypeCodeIPv4"], Number),
    ("cflow.frag_ident", &["fragmentIdentification"], Number),
    ("cflow.flow_active_timeout", &["flowActiveTimeout"], Number),
    ("cflow.flow_id", &["flowId"], Number),
    ("cflow.if_name", &["interfaceName"], Text),
    ("cflow.if_descr", &["interfaceDescription"], Text),
    ("cflow.timestart", &["flowStartSysUpTime"], Uptime),
    ("cflow.timeend", &["flowEndSysUpTime"], Uptime),
    (
        "cflow.abstimestart",
        &[
            "flowStartSeconds",
            "flowStartMilliseconds",
            "flowStartMicroseconds",
            "flowStartNanoseconds",
        ],
        Date,
    ),
    (
        "cflow.abstimeend",
        &[
            "flowEndSeconds",
            "flowEndMilliseconds",
            "flowEndMicroseconds",
            "flowEndNanoseconds",
        ],
        Date,
    ),
    ("cflow.sys_init_time", &["systemInitTimeMilliseconds"], Date),
];

const STRUCTURES: [Name; 51] = [
    (
        "sflow.flow_sample.sequence_number",
        &["sequence_number"],
        Number,
    ),
    (
        "sflow.flow_sample.source_id_class",
        &["source_id_type"],
        Number,
    ),
    ("sflow.flow_sample.index", &["source_id_index"], Number),
    (
        "sflow.flow_sample.sampling_rate",
        &["sampling_rate"],
        Number,
    ),
    ("sflow.flow_sample.sample_pool", &["sample_pool"], Number),
    ("sflow.flow_sample.dropped_packets", &["drops"], Number),
    (
        "sflow.flow_sample.output_interface_format",
        &["output_format"],
        Number,
    ),
    (
        "sflow.flow_sample.output_interface_value",
        &["output_value"],
        Number,
    ),
    (
        "sflow.counters_sample.sequence_number",
        &["sequence_number"],
        Number,
    ),
    (
        "sflow.counters_sample.source_id_type",
        &["source_id_type"],
        Number,
    ),
    (
        "sflow.counters_sample.source_id_index",
        &["source_id_index"],
        Number,
    ),
    ("sflow_245.header_protocol", &["header_protocol"], Number),
    ("sflow_245.header.frame_length", &["frame_length"], Number),
    ("sflow_245.header.payload_stripped", &["stripped"], Number),
    ("sflow_245.header", &["header"], Octets),
    ("sflow_245.vlan.in", &["src_vlan"], Number),
    ("sflow_245.pri.in", &["src_priority"], Number),
    ("sflow_245.vlan.out", &["dst_vlan"], Number),
    ("sflow_245.pri.out", &["dst_priority"], Number),
    ("sflow_245.nexthop", &["nexthop"], Address),
    ("sflow_245.nexthop.src_mask", &["src_mask_len"], Number),
    ("sflow_245.nexthop.dst_mask", &["dst_mask_len"], Number),
    ("sflow_245.as", &["as"], Number),
    ("sflow_245.srcAS", &["src_as"], Number),
    ("sflow_245.peerAS", &["src_peer_as"], Number),
    ("sflow_245.localpref", &["localpref"], Number),
    ("sflow_245.ifindex", &["ifIndex"], Number),
    ("sflow_245.iftype", &["ifType"], Number),
    ("sflow_245.ifspeed", &["ifSpeed"], Number),
    ("sflow_245.ifdirection", &["ifDirection"], Number),
    ("sflow_245.ifinoct", &["ifInOctets"], Number),
    ("sflow_245.ifinpkt", &["ifInUcastPkts"], Number),
    ("sflow_245.ifinmcast", &["ifInMulticastPkts"], Number),
    ("sflow_245.ifinbcast", &["ifInBroadcastPkts"], Number),
    ("sflow_245.ifindisc", &["ifInDiscards"], Number),
    ("sflow_245.ifinerr", &["ifInErrors"], Number),
    ("sflow_245.ifinunk", &["ifInUnknownProtos"], Number),
    ("sflow_245.ifoutoct", &["ifOutOctets"], Number),
    ("sflow_245.ifoutpkt", &["ifOutUcastPkts"], Number),
    ("sflow_245.ifoutmcast", &["ifOutMulticastPkts"], Number),
    ("sflow_245.ifoutbcast", &["ifOutBroadcastPkts"], Number),
    ("sflow_245.ifoutdisc", &["ifOutDiscards"], Number),
    ("sflow_245.ifouterr", &["ifOutErrors"], Number),
    ("sflow_245.ifpromisc", &["ifPromiscuousMode"], Number),
    (
        "sflow_245.dot3StatsFCSErrors",
        &["dot3StatsFCSErrors"],
        Number,
    ),
    (
        "sflow_245.dot3StatsSymbolErrors",
        &["dot3StatsSymbolErrors"],
        Number,
    ),
    ("sflow_5.cpu_5s", &["cpu_5s"], Number),
    ("sflow_5.total_memory", &["total_memory"], Number),
    ("sflow_5.extended_url.url", &["url"], Text),
    ("sflow_5.extended_user.source_user", &["src_user"], Octets),
    (
        "sflow_245.ethernet.source_mac_address",
        &["src_mac"],
        Address,
    ),
];
