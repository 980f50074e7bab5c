//! sFlow datagrams of flow samples.

use std::net::IpAddr;

use flow::{Direction, Exporter, FlowKey, Icmp, OriginalFlow, SamplingRate, Vlan, protocol};

use crate::Told;
use crate::sflow::{FlowSample, Sflow, ethernet, extended, sampled_of};

/// The VLAN of a tag, and the one that the switch says a packet came in by.
const TAG: u16 = 30;
const SWITCH: u16 = 10;

/// A sampled packet.
#[derive(Debug, Clone)]
pub struct Sample {
    /// What the packet says; of its octets, the lowest 16 bits count.
    pub told: Told,
    /// Whether it is of IPv6.
    pub v6: bool,
    /// Whether it has a VLAN tag.
    pub tagged: bool,
    /// Whether the sample is of the expanded form.
    pub expanded: bool,
    /// Whether switch, router and gateway say something too.
    pub extended: bool,
}

/// A datagram.
#[derive(Debug, Clone)]
pub struct Samples {
    /// Its sequence number.
    pub sequence: u32,
    /// Its sub-agent.
    pub domain: u32,
    /// Its samples.
    pub samples: Vec<Sample>,
}

/// Octets of a sampled header at most, as agents cut it.
const HEADER_MAX: usize = 128;

impl Sample {
    /// The header of the upper layer.
    fn upper(&self) -> Vec<u8> {
        let told = &self.told;
        let ports = [told.ports.0.to_be_bytes(), told.ports.1.to_be_bytes()].concat();
        let mut header = match told.protocol {
            Told::PING => vec![told.icmp.kind, told.icmp.code],
            _ => ports,
        };
        header.resize(20, 0);
        if told.protocol == protocol::TCP {
            let [high, low] = told.flags.to_be_bytes();
            header[12..14].copy_from_slice(&[0x50 | high & 0x0F, low]);
        }
        header
    }

    /// Octets of the IP packet, which is no shorter than its headers.
    fn ip_octets(&self) -> u16 {
        let [.., high, low] = self.told.octets.to_be_bytes();
        u16::from_be_bytes([high, low]).max(60)
    }

    fn packet(&self) -> Vec<u8> {
        let told = &self.told;
        let proto = told.protocol_in(self.v6);
        let upper = self.upper();
        if self.v6 {
            let [class_high, class_low] = [told.tos >> 4, told.tos << 4];
            let [high, low] = (self.ip_octets() - 40).to_be_bytes();
            let head = [0x60 | class_high, class_low, 0, 0, high, low, proto, 64];
            let addrs = [told.src.to_be_bytes(), told.dst.to_be_bytes()].concat();
            return [&head[..], &addrs, &upper].concat();
        }
        let [high, low] = self.ip_octets().to_be_bytes();
        let head = [0x45, told.tos, high, low, 0, 1, 0x40, 0, 64, proto, 0, 0];
        let addrs = [&told.src.to_be_bytes()[12..], &told.dst.to_be_bytes()[12..]].concat();
        [&head[..], &addrs, &upper].concat()
    }

    fn frame(&self) -> Vec<u8> {
        let kind = if self.v6 { 0x86DD_u16 } else { 0x0800 };
        if self.tagged {
            let inner = [&TAG.to_be_bytes()[..], &kind.to_be_bytes(), &self.packet()].concat();
            ethernet(0x8100, &inner)
        } else {
            ethernet(kind, &self.packet())
        }
    }

    fn octets(&self, sequence: u32) -> FlowSample {
        let mut frame = self.frame();
        let whole = frame.len() - self.packet().len() + usize::from(self.ip_octets()) + 4;
        let whole = u32::try_from(whole).unwrap_or(u32::MAX);
        frame.resize(HEADER_MAX, 0);
        let mut data = vec![sampled_of(1, whole, &frame)];
        if self.extended {
            data.extend(extended());
        }
        let mut sample = FlowSample::new(data).sequence(sequence);
        sample.expanded = self.expanded;
        sample.rate = self.told.rate;
        sample.input = (0, self.told.interfaces.0);
        sample.output = (0, self.told.interfaces.1);
        sample
    }

    /// That of the switch, which knows it better than the tag.
    fn vlan(&self) -> Option<Vlan> {
        let told = self.tagged.then_some(TAG);
        let told = if self.extended { Some(SWITCH) } else { told };
        told.and_then(Vlan::new)
    }

    fn flow(&self, exporter: Exporter, received_ms: i64) -> OriginalFlow {
        let told = &self.told;
        let (src_addr, dst_addr): (IpAddr, IpAddr) = told.addrs(self.v6);
        let proto = told.protocol_in(self.v6);
        let is_icmp = told.protocol == Told::PING;
        let index = |index: u32| (index != 0).then_some(index);
        OriginalFlow {
            key: FlowKey {
                src_addr,
                dst_addr,
                src_port: if is_icmp { 0 } else { told.ports.0 },
                dst_port: if is_icmp { 0 } else { told.ports.1 },
                protocol: proto,
            },
            exporter,
            start_ms: received_ms,
            end_ms: received_ms,
            end_seen_ms: received_ms,
            packets: 1,
            bytes: self.ip_octets().into(),
            sampling_rate: SamplingRate::new(told.rate),
            in_if: index(told.interfaces.0),
            out_if: index(told.interfaces.1),
            tcp_flags: (proto == protocol::TCP).then_some(told.flags & 0x0FFF),
            tos: Some(told.tos),
            icmp: is_icmp.then_some(Icmp { ..told.icmp }),
            end_reason: None,
            direction: Direction::Uniflow,
            observed: None,
            vlan: self.vlan(),
        }
    }
}

impl Samples {
    /// The datagram.
    #[must_use]
    pub fn octets(&self) -> Vec<u8> {
        let mut datagram = Sflow::new().sequence(self.sequence);
        datagram.sub_agent = self.domain;
        for (sample, number) in self.samples.iter().zip(1..) {
            datagram = datagram.flow(&sample.octets(number));
        }
        datagram.octets()
    }

    /// The Original Flows of its samples.
    pub fn flows(
        &self,
        exporter: Exporter,
        received_ms: i64,
    ) -> impl Iterator<Item = OriginalFlow> {
        let samples = self.samples.iter();
        samples.map(move |sample| sample.flow(exporter, received_ms))
    }
}
