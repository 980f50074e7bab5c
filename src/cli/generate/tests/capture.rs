//! The packet capture, read by our own eyes and by tshark where it is installed.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use super::super::pcap::write_all;
use super::*;

fn capture(options: Options, to: &[&str]) -> (Vec<u8>, Totals) {
    let to: Vec<SocketAddr> = to.iter().map(|to| to.parse().unwrap()).collect();
    let routes = vec![to; options.exporters.len()];
    let mut generator = Generator::new(options);
    let mut pcap = Vec::new();
    write_all(&mut generator, &routes, &mut pcap).unwrap();
    (pcap, *generator.totals())
}

fn word(octets: &[u8]) -> u32 {
    u32::from_le_bytes(octets.try_into().unwrap())
}

/// Seconds, nanoseconds and octets of each packet.
fn packets(pcap: &[u8]) -> Vec<(u32, u32, &[u8])> {
    assert_eq!(word(&pcap[..4]), 0xa1b2_3c4d, "nanoseconds");
    assert_eq!(word(&pcap[20..24]), 101, "raw IP");
    let (mut rest, mut packets) = (&pcap[24..], Vec::new());
    while !rest.is_empty() {
        let len = word(&rest[8..12]) as usize;
        assert_eq!(rest[8..12], rest[12..16], "not cut off");
        packets.push((word(&rest[..4]), word(&rest[4..8]), &rest[16..16 + len]));
        rest = &rest[16 + len..];
    }
    packets
}

#[test]
fn every_datagram_goes_to_every_destination_at_its_time() {
    let (pcap, totals) = capture(options(500), &["127.0.0.1:2055", "[::1]:4739"]);
    let packets = packets(&pcap);
    assert_eq!(packets.len() as u64, totals.datagrams * 2);
    let (v4, v6): (Vec<_>, Vec<_>) = packets.iter().partition(|p| p.2[0] >> 4 == 4);
    let octets = |all: &[&(u32, u32, &[u8])], headers| -> u64 {
        all.iter().map(|p| (p.2.len() - headers) as u64).sum()
    };
    assert_eq!(octets(&v4, 28), totals.datagram_bytes);
    assert_eq!(octets(&v6, 48), totals.datagram_bytes);
    assert!(packets.is_sorted_by_key(|p| (p.0, p.1)));
    assert!(packets[0].0 == 1_700_000_000 && packets[0].1 >= 250_000_000);
}

#[test]
fn the_sum_over_a_header_with_its_checksum_is_nothing() {
    let (pcap, _) = capture(options(50), &["127.0.0.1:2055"]);
    for (_, _, packet) in packets(&pcap) {
        let words = packet[..20].chunks(2);
        let sum: u32 = words
            .map(|w| u32::from(u16::from_be_bytes([w[0], w[1]])))
            .sum();
        assert_eq!((sum >> 16) + (sum & 0xffff), 0xffff);
    }
}

/// A capture in a file that goes away with its guard.
struct OnDisk(PathBuf);

impl OnDisk {
    fn new(name: &str, pcap: &[u8]) -> Self {
        let file = format!("flowstream-generate-{name}-{}.pcap", std::process::id());
        let path = std::env::temp_dir().join(file);
        std::fs::write(&path, pcap).unwrap();
        Self(path)
    }

    /// What tshark says; `None`, and a word about it, if there is no tshark.
    fn tshark(&self, arguments: &[&str]) -> Option<String> {
        let both = [
            "-o",
            "ip.check_checksum:TRUE",
            "-o",
            "udp.check_checksum:TRUE",
        ];
        let mut command = Command::new("tshark");
        command.arg("-r").arg(&self.0).args(both);
        command.args(["-d", "udp.port==2055,cflow", "-d", "udp.port==4739,cflow"]);
        command.args(["-d", "udp.port==6343,sflow"]);
        // The sampled segments are of many connections and mostly none follows.
        command.args(["-o", "tcp.analyze_sequence_numbers:FALSE"]);
        match command.args(arguments).output() {
            Ok(output) => {
                assert!(output.status.success(), "{output:?}");
                Some(String::from_utf8(output.stdout).unwrap())
            }
            Err(error) => {
                println!("left out: tshark does not run: {error}");
                None
            }
        }
    }
}

impl Drop for OnDisk {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn tshark_finds_every_record_and_nothing_to_complain_about() {
    for protocol in [V5, V9, Ipfix] {
        let options = Options {
            exporters: vec![protocol; 2],
            template_every: 20,
            ..options(2_000)
        };
        let (pcap, totals) = capture(options, &["127.0.0.1:2055"]);
        let file = OnDisk::new(&format!("{protocol:?}"), &pcap);
        let fields = ["-T", "fields", "-e", "cflow.protocol", "-e", "cflow.octets"];
        let Some(text) = file.tshark(&fields) else {
            return;
        };
        let columns = |column: usize| -> Vec<u64> {
            let cells = text.lines().filter_map(|line| line.split('\t').nth(column));
            let values = cells.flat_map(|cell| cell.split(','));
            values.filter_map(|value| value.parse().ok()).collect()
        };
        assert_eq!(text.lines().count() as u64, totals.datagrams);
        assert_eq!(columns(0).len() as u64, totals.records, "{protocol:?}");
        assert_eq!(columns(1).iter().sum::<u64>(), totals.bytes, "{protocol:?}");
        let complaints = file.tshark(&["-Y", "_ws.expert || _ws.malformed", "-V"]);
        assert_eq!(complaints.as_deref(), Some(""), "{protocol:?}");
    }
}

/// tshark reads the packets within samples: each has one VLAN tag, and the lengths of
/// their IP headers come to the octets, one packet standing for 100.
#[test]
fn tshark_finds_every_sampled_packet_and_nothing_to_complain_about() {
    let options = Options {
        exporters: vec![Sflow; 2],
        template_every: 20,
        ..options(2_000)
    };
    let (pcap, totals) = capture(options, &["127.0.0.1:6343"]);
    let file = OnDisk::new("sflow", &pcap);
    let fields = ["vlan.id", "ip.len", "ipv6.plen"];
    let fields = fields.map(|field| ["-e", field]).concat();
    let Some(text) = file.tshark(&[&["-T", "fields"], &fields[..]].concat()) else {
        return;
    };
    let (mut samples, mut octets) = (0, 0);
    for line in text.lines() {
        let mut columns = line.split('\t').map(|column| {
            let values = column.split(',').filter(|value| !value.is_empty());
            values
                .map(|value| value.parse().unwrap())
                .collect::<Vec<u64>>()
        });
        let [tags, v4, v6] = std::array::from_fn(|_| columns.next().unwrap());
        samples += tags.len() as u64;
        // The first is that of the datagram itself.
        octets += v4[1..].iter().sum::<u64>() + v6.iter().map(|len| len + 40).sum::<u64>();
    }
    assert_eq!((samples, octets * 100), (totals.records, totals.bytes));
    // A reset is a warning to tshark; a wrong checksum is an error.
    let errors = "_ws.expert.severity >= 0x800000 || _ws.malformed";
    let complaints = file.tshark(&["-Y", errors]);
    assert_eq!(complaints.as_deref(), Some(""));
}
