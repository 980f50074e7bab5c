//! What an exporter reports: one Flow Record, before it is encoded.

use flow::{EndReason, FlowKey, Icmp};

/// One Flow Record as the simulated exporter holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Record {
    /// The Flow Key; ports are 0 for ICMP.
    pub(super) key: FlowKey,
    /// Type and code where the protocol is ICMP or ICMPv6.
    pub(super) icmp: Option<Icmp>,
    /// First packet, Unix milliseconds.
    pub(super) start_ms: i64,
    /// Last packet, Unix milliseconds; not before `start_ms`.
    pub(super) end_ms: i64,
    /// Packets.
    pub(super) packets: u64,
    /// Octets of the IP layer.
    pub(super) bytes: u64,
    /// OR of the TCP flags; 0 for a protocol without flags.
    pub(super) tcp_flags: u16,
    /// Type of service or traffic class.
    pub(super) tos: u8,
    /// SNMP index of the interface the packets came in by.
    pub(super) in_if: u32,
    /// SNMP index of the interface the packets left by.
    pub(super) out_if: u32,
    /// Why the exporter ended the record; only IPFIX says so.
    pub(super) end_reason: EndReason,
}

impl Record {
    /// The destination port, which carries type and code of ICMP in NetFlow.
    pub(super) fn port_or_icmp(&self) -> u16 {
        self.icmp.map_or(self.key.dst_port, |icmp| {
            u16::from_be_bytes([icmp.kind, icmp.code])
        })
    }
}
