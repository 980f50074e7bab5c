//! NetFlow v5 as an exporter writes it: a header of 24 octets, records of 48.

use std::net::Ipv4Addr;

/// One record; times are Unix milliseconds on the exporter's clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct V5Record {
    pub(crate) src: (Ipv4Addr, u16),
    pub(crate) dst: (Ipv4Addr, u16),
    pub(crate) protocol: u8,
    pub(crate) tcp_flags: u8,
    pub(crate) packets: u32,
    pub(crate) octets: u32,
    pub(crate) first_ms: i64,
    pub(crate) last_ms: i64,
}

/// How long the exporter has been up when it exports, in milliseconds.
const UPTIME: u32 = 1_000_000_000;

/// A datagram exported at `export_ms` on the exporter's clock.
pub(crate) fn datagram(export_ms: i64, sequence: u32, records: &[V5Record]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(24 + records.len() * 48);
    half(&mut octets, 5);
    half(&mut octets, records.len().try_into().unwrap());
    word(&mut octets, UPTIME);
    word(&mut octets, export_ms.div_euclid(1_000).try_into().unwrap());
    let millis: u32 = export_ms.rem_euclid(1_000).try_into().unwrap();
    word(&mut octets, millis * 1_000_000);
    word(&mut octets, sequence);
    octets.extend([0; 4]);
    for record in records {
        record.write(export_ms, &mut octets);
    }
    octets
}

impl V5Record {
    fn write(&self, export_ms: i64, octets: &mut Vec<u8>) {
        let uptime = |at: i64| UPTIME - u32::try_from(export_ms - at).unwrap();
        octets.extend(self.src.0.octets());
        octets.extend(self.dst.0.octets());
        octets.extend([0; 4]); // next hop
        octets.extend([0, 1, 0, 2]); // interfaces in and out
        word(octets, self.packets);
        word(octets, self.octets);
        word(octets, uptime(self.first_ms));
        word(octets, uptime(self.last_ms));
        half(octets, self.src.1);
        half(octets, self.dst.1);
        octets.extend([0, self.tcp_flags, self.protocol, 0]);
        octets.extend([0; 8]); // autonomous systems, masks, padding
    }
}

fn half(octets: &mut Vec<u8>, value: u16) {
    octets.extend(value.to_be_bytes());
}

fn word(octets: &mut Vec<u8>, value: u32) {
    octets.extend(value.to_be_bytes());
}
