//! NetFlow v1, v5 and v7: records of one layout.

use decode::Protocol;
use flow::{Direction, Exporter, FlowKey, Icmp, OriginalFlow, SamplingRate, protocol};

use crate::encode::{V5, V5Record, shorts};
use crate::{Export, Told};

/// A datagram of NetFlow v1, v5 or v7.
#[derive(Debug, Clone)]
pub struct Fixed {
    /// Its header. Of the domain, v5 says the lowest 16 bits and the others nothing.
    pub export: Export,
    /// Nanoseconds beyond the second of its export.
    pub nanos: u32,
    /// v5: the mode of sampling in 2 bits, one in how many packets in 14.
    pub sampling: u16,
    /// Its records.
    pub told: Vec<Told>,
}

#[expect(clippy::cast_possible_truncation, reason = "the fields are no wider")]
fn record(told: &Told, export: &Export) -> V5Record {
    let at = |ago: u32| export.uptime.wrapping_sub(ago);
    V5Record {
        src: told.src as u32,
        dst: told.dst as u32,
        in_if: told.interfaces.0 as u16,
        out_if: told.interfaces.1 as u16,
        packets: told.packets as u32,
        octets: told.octets as u32,
        first: at(told.ended_ago_ms.wrapping_add(told.lasted_ms)),
        last: at(told.ended_ago_ms),
        src_port: told.ports.0,
        dst_port: told.dst_port(),
        flags: told.flags as u8,
        protocol: told.protocol,
        tos: told.tos,
    }
}

impl Fixed {
    /// The datagram.
    #[must_use]
    pub fn octets(&self) -> Vec<u8> {
        let records = self.told.iter().map(|told| record(told, &self.export));
        let engine = self.engine();
        let v5 = V5 {
            uptime: self.export.uptime,
            secs: self.export.secs,
            nanos: self.nanos,
            sequence: self.export.sequence,
            engine,
            sampling: self.sampling,
            records: records.collect(),
        };
        let octets = v5.octets();
        let (head, body) = octets.split_at(24);
        match self.export.protocol {
            Protocol::NetflowV1 => {
                let records = body.chunks(48).flat_map(|record| {
                    let mut record = record.to_vec();
                    record.swap(37, 40);
                    record
                });
                [&shorts(&[1])[..], &head[2..16]]
                    .concat()
                    .into_iter()
                    .chain(records)
                    .collect()
            }
            Protocol::NetflowV7 => {
                let records = body
                    .chunks(48)
                    .flat_map(|record| [record, &[0; 4]].concat());
                [&shorts(&[7])[..], &head[2..20], &[0; 4]]
                    .concat()
                    .into_iter()
                    .chain(records)
                    .collect()
            }
            _ => octets,
        }
    }

    fn engine(&self) -> u16 {
        let [.., high, low] = self.export.domain.to_be_bytes();
        u16::from_be_bytes([high, low])
    }

    /// When it was exported, in Unix milliseconds.
    #[must_use]
    pub fn unix_ms(&self) -> i64 {
        self.export.unix_ms() + i64::from(self.nanos / 1_000_000)
    }

    /// The domain and the sampling rate that flows of it have.
    #[must_use]
    pub fn shared(&self) -> (u32, Option<SamplingRate>) {
        if self.export.protocol == Protocol::NetflowV5 {
            let rate = SamplingRate::new(u32::from(self.sampling & 0x3FFF));
            (u32::from(self.engine()), rate)
        } else {
            (0, None)
        }
    }

    /// The Original Flows of its records.
    pub fn flows(
        &self,
        exporter: Exporter,
        received_ms: i64,
    ) -> impl Iterator<Item = OriginalFlow> {
        let sampling_rate = self.shared().1;
        self.told.iter().map(move |told| {
            let record = record(told, &self.export);
            let is_icmp = told.protocol == protocol::ICMP;
            let port = |port| if is_icmp { 0 } else { port };
            let (src_addr, dst_addr) = told.addrs(false);
            let end_ms = self.unix_ms() - i64::from(told.ended_ago_ms);
            let [kind, code] = record.dst_port.to_be_bytes();
            OriginalFlow {
                key: FlowKey {
                    src_addr,
                    dst_addr,
                    src_port: port(record.src_port),
                    dst_port: port(record.dst_port),
                    protocol: told.protocol,
                },
                exporter,
                start_ms: end_ms - i64::from(told.lasted_ms),
                end_ms,
                end_seen_ms: received_ms - i64::from(told.ended_ago_ms),
                packets: record.packets.into(),
                bytes: record.octets.into(),
                sampling_rate,
                in_if: Some(record.in_if.into()),
                out_if: Some(record.out_if.into()),
                tcp_flags: (told.protocol == protocol::TCP).then_some(record.flags.into()),
                tos: Some(record.tos),
                icmp: is_icmp.then_some(Icmp { kind, code }),
                end_reason: None,
                direction: Direction::Uniflow,
                observed: None,
                vlan: None,
            }
        })
    }
}
