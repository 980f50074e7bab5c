//! The capture is what it says, by a parser of its own and by tshark.

use std::process::Command;

use super::frame::{ICMP, ICMPV6, TCP, UDP, covered, sum};
use super::*;
use crate::support::tool::tool;

/// A packet as it was read back: its time, its flow, its octets, its flags.
type Read = (u64, Key, u64, u8);

fn word(octets: &[u8]) -> u64 {
    u32::from_le_bytes(octets.try_into().unwrap()).into()
}

fn port(octets: &[u8]) -> u16 {
    u16::from_be_bytes(octets.try_into().unwrap())
}

/// Reads an Ethernet frame and checks its lengths and sums.
fn read(time_us: u64, frame: &[u8]) -> Read {
    let ip = &frame[14..];
    let (src, dst, protocol, upper): (IpAddr, IpAddr, u8, &[u8]) = match port(&frame[12..14]) {
        0x0800 => {
            assert_eq!(usize::from(port(&ip[2..4])), ip.len());
            assert_eq!(sum(&ip[..20]), 0xffff);
            let addr = |at: usize| <[u8; 4]>::try_from(&ip[at..at + 4]).unwrap().into();
            (addr(12), addr(16), ip[9], &ip[20..])
        }
        0x86dd => {
            assert_eq!(usize::from(port(&ip[4..6])), ip.len() - 40);
            let addr = |at: usize| <[u8; 16]>::try_from(&ip[at..at + 16]).unwrap().into();
            (addr(8), addr(24), ip[6], &ip[40..])
        }
        other => panic!("frames of type {other:#x}"),
    };
    assert_eq!(covered(src, dst, protocol, upper), 0xffff);
    let (ports, flags) = match protocol {
        TCP => ((port(&upper[..2]), port(&upper[2..4])), upper[13]),
        UDP => {
            assert_eq!(usize::from(port(&upper[4..6])), upper.len());
            ((port(&upper[..2]), port(&upper[2..4])), 0)
        }
        ICMP | ICMPV6 => ((0, port(&upper[..2])), 0),
        other => panic!("protocol {other}"),
    };
    let key = Key {
        src,
        dst,
        src_port: ports.0,
        dst_port: ports.1,
        protocol,
    };
    (time_us, key, ip.len() as u64, flags)
}

fn read_all(pcap: &[u8]) -> Vec<Read> {
    assert_eq!(word(&pcap[..4]), 0xa1b2_c3d4, "microseconds");
    assert_eq!(word(&pcap[20..24]), 1, "Ethernet");
    let (mut rest, mut packets) = (&pcap[24..], Vec::new());
    while !rest.is_empty() {
        let time_us = word(&rest[..4]) * 1_000_000 + word(&rest[4..8]);
        let len = usize::try_from(word(&rest[8..12])).unwrap();
        packets.push(read(time_us, &rest[16..16 + len]));
        rest = &rest[16 + len..];
    }
    packets
}

#[test]
fn the_truth_is_what_the_capture_holds() {
    let traffic = ordinary(1, 300);
    let mut flows: BTreeMap<Key, Counts> = BTreeMap::new();
    for (time_us, key, bytes, flags) in read_all(&traffic.pcap) {
        let counts = flows.entry(key).or_insert(Counts {
            first_us: time_us,
            ..Counts::default()
        });
        counts.packets += 1;
        counts.bytes += bytes;
        counts.tcp_flags |= flags;
        counts.last_us = time_us;
    }
    assert_eq!(flows, traffic.flows);
}

#[test]
fn packets_are_in_order_and_span_about_twenty_seconds() {
    let packets = read_all(&ordinary(2, 500).pcap);
    assert!(packets.is_sorted_by_key(|packet| packet.0));
    let (first, last) = (packets[0].0, packets[packets.len() - 1].0);
    assert!((17_000_000..21_000_000).contains(&(last - first)));
    assert_eq!(first / 1_000_000, u64::from(BEGINS_SECS));
}

#[test]
fn every_kind_comes_in_both_families_and_directions() {
    let traffic = ordinary(3, 400);
    for v4 in [true, false] {
        for protocol in [TCP, UDP, if v4 { ICMP } else { ICMPV6 }] {
            let of = |key: &&Key| key.protocol == protocol && key.src.is_ipv4() == v4;
            let keys: Vec<&Key> = traffic.flows.keys().filter(of).collect();
            let inside = |addr: IpAddr| match addr {
                IpAddr::V4(addr) => addr.octets()[1] == 18,
                IpAddr::V6(addr) => addr.segments()[2] == 0,
            };
            let outward = keys.iter().filter(|key| inside(key.src)).count();
            assert!(outward > 0 && outward < keys.len(), "{protocol} {v4}");
        }
    }
    let flags = |of: u8| traffic.flows.values().any(|c| c.tcp_flags & of != 0);
    assert!(flags(0x01) && flags(0x04), "closed and reset");
}

#[test]
fn a_conversation_has_its_ports_to_itself() {
    let traffic = ordinary(4, 2_000);
    let pings = |key: &&Key| matches!(key.protocol, ICMP | ICMPV6);
    let of_pings = traffic.flows.keys().filter(pings).count();
    // 222 of 2000 are pings, each with its request and its reply.
    assert_eq!(of_pings, 2 * 222);
}

#[test]
fn the_same_seed_gives_the_same_octets_and_another_one_others() {
    assert_eq!(ordinary(5, 60), ordinary(5, 60));
    assert_ne!(ordinary(5, 60).pcap, ordinary(6, 60).pcap);
}

#[test]
fn the_flows_of_version_4_are_some_of_all() {
    let traffic = ordinary(7, 100);
    let v4 = traffic.ipv4();
    assert!(!v4.is_empty() && v4.len() < traffic.flows.len());
    assert!(v4.keys().all(|key| key.src.is_ipv4()));
}

#[test]
fn tshark_has_nothing_to_complain_about() {
    let Some(tshark) = tool("tshark", "tshark_has_nothing_to_complain_about") else {
        return;
    };
    let file = format!("flowstream-traffic-{}.pcap", std::process::id());
    let path = std::env::temp_dir().join(file);
    std::fs::write(&path, ordinary(8, 200).pcap).unwrap();
    let mut command = Command::new(tshark);
    for check in ["ip", "tcp", "udp"] {
        command
            .arg("-o")
            .arg(format!("{check}.check_checksum:TRUE"));
    }
    // Ports are known, but what they carry is not real: no further dissection.
    for filler in ["ssh", "dns", "tls", "quic"] {
        command.args(["--disable-protocol", filler]);
    }
    let wrong = "_ws.expert.severity >= 8388608 || _ws.malformed || tcp.analysis.flags";
    let output = command.arg("-r").arg(&path).args(["-Y", wrong]).output();
    let _ = std::fs::remove_file(&path);
    let output = output.unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
}
