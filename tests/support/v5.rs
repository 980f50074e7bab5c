//! Datagrams of NetFlow v5 whose records are made to measure.

use std::net::Ipv4Addr;

/// When the times of records begin: 2019-12-02 14:36:00.123 UTC, in Unix milliseconds.
pub(crate) const BEGIN_MS: u64 = 1_575_297_360_123;
/// How long after that datagrams are exported.
const EXPORT_MS: u32 = 40_000;
/// How long the exporter has run when the times of records begin.
const UPTIME_MS: u32 = 960_000;

/// A flow record of NetFlow v5.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record {
    pub(crate) src: Ipv4Addr,
    pub(crate) dst: Ipv4Addr,
    /// Source and destination port.
    pub(crate) ports: (u16, u16),
    pub(crate) protocol: u8,
    pub(crate) tcp_flags: u8,
    pub(crate) packets: u32,
    pub(crate) bytes: u32,
    /// First and last packet, in milliseconds from when times begin; before the export.
    pub(crate) times: (u32, u32),
}

/// A datagram with these records, at most 30.
pub(crate) fn datagram(sequence: u32, records: &[Record]) -> Vec<u8> {
    datagram_at((BEGIN_MS, EXPORT_MS), sequence, records)
}

/// The same, where times begin at Unix milliseconds, and it is exported so long after that.
pub(crate) fn datagram_at(
    (begin_ms, export_ms): (u64, u32),
    sequence: u32,
    records: &[Record],
) -> Vec<u8> {
    let exported_ms = begin_ms + u64::from(export_ms);
    let (secs, millis) = (exported_ms / 1_000, exported_ms % 1_000);
    let mut datagram = Vec::new();
    datagram.extend(5_u16.to_be_bytes());
    datagram.extend(u16::try_from(records.len()).unwrap().to_be_bytes());
    datagram.extend((UPTIME_MS + export_ms).to_be_bytes());
    datagram.extend(u32::try_from(secs).unwrap().to_be_bytes());
    datagram.extend((u32::try_from(millis).unwrap() * 1_000_000).to_be_bytes());
    datagram.extend(sequence.to_be_bytes());
    datagram.extend([0; 4]);
    for record in records {
        record.write(&mut datagram);
    }
    datagram
}

impl Record {
    fn write(&self, out: &mut Vec<u8>) {
        let uptime = |time: u32| (UPTIME_MS + time).to_be_bytes();
        out.extend(self.src.octets());
        out.extend(self.dst.octets());
        out.extend([0; 8]);
        out.extend(self.packets.to_be_bytes());
        out.extend(self.bytes.to_be_bytes());
        out.extend(uptime(self.times.0));
        out.extend(uptime(self.times.1));
        out.extend(self.ports.0.to_be_bytes());
        out.extend(self.ports.1.to_be_bytes());
        out.extend([0, self.tcp_flags, self.protocol, 0]);
        out.extend([0; 8]);
    }
}
