//! Flows of two hours that routers report in pieces, through the whole program: a recording
//! of those hours is made, and replayed as fast as possible.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use dataset::Datagram;
use flow::{ReceiveTime, tcp_flag};
use serde_json::{Value, json};

use crate::support::recording::recording;
use crate::support::v5::{Record, datagram_at};
use crate::support::{Client, Ended, Launch, Scratch};

/// When the recording begins, in Unix seconds.
const EPOCH: u64 = 1_700_000_000;
/// Packets a second of each flow, and octets a packet.
const RATE: u64 = 10;
const OCTETS: u64 = 100;
const HOURS_2: u64 = 7_200;

/// A piece of a flow as a router reports it in a datagram of its own.
#[derive(Debug, Clone, Copy)]
struct Piece {
    router: u8,
    protocol: u8,
    /// Tells flows apart.
    port: u16,
    /// Seconds since the beginning of the recording.
    start: u64,
    end: u64,
    flags: u8,
}

impl Piece {
    const fn packets(&self) -> u64 {
        (self.end - self.start) * RATE
    }

    /// NetFlow v5, exported when the piece ends.
    fn datagram(&self, sequence: u32) -> Vec<u8> {
        let millis = |second: u64| u32::try_from(second * 1_000).unwrap();
        let [packets, bytes] = [1, OCTETS].map(|each| {
            let count = self.packets() * each;
            u32::try_from(count).unwrap()
        });
        let record = Record {
            src: Ipv4Addr::new(198, 18, 0, 1),
            dst: Ipv4Addr::new(198, 19, 0, 1),
            ports: (self.port, 443),
            protocol: self.protocol,
            tcp_flags: self.flags,
            packets,
            bytes,
            // The last packet of a piece is a moment before the first of the next.
            times: (millis(self.start), millis(self.end) - 100),
        };
        datagram_at((EPOCH * 1_000, millis(self.end)), sequence, &[record])
    }
}

/// A flow of two hours as a router reports it that cuts flows after so many seconds.
fn two_hours(router: u8, protocol: u8, port: u16, cut: u64) -> Vec<Piece> {
    let starts = (0..HOURS_2).step_by(usize::try_from(cut).unwrap());
    let piece = |start| {
        let end = start + cut;
        let opening = if start == 0 { tcp_flag::SYN } else { 0 };
        let closing = if end == HOURS_2 { tcp_flag::FIN } else { 0 };
        let flags = u8::try_from(tcp_flag::ACK | opening | closing).unwrap();
        Piece {
            router,
            protocol,
            port,
            start,
            end,
            flags: if protocol == 6 { flags } else { 0 },
        }
    };
    starts.map(piece).collect()
}

/// A recording of these pieces, without those for which `lost` is true.
fn recorded(scratch: &Scratch, mut pieces: Vec<Piece>, lost: impl Fn(&Piece) -> bool) -> PathBuf {
    pieces.sort_by_key(|piece| (piece.end, piece.router));
    let mut sequences = [0_u32; 3];
    let sent = pieces.iter().map(|piece| {
        let sequence = &mut sequences[usize::from(piece.router)];
        *sequence += 1;
        (piece, piece.datagram(*sequence - 1))
    });
    let sent: Vec<_> = sent.collect();
    let received = sent.iter().filter(|(piece, _)| !lost(piece));
    let datagrams = received.map(|(piece, payload)| Datagram {
        received: ReceiveTime::from_millis(i64::try_from((EPOCH + piece.end) * 1_000).unwrap()),
        source: format!("192.0.2.{}:2055", piece.router).parse().unwrap(),
        destination: "192.0.2.100:2055".parse().unwrap(),
        payload,
    });
    recording(scratch, "raw", datagrams)
}

/// The flows that come of a recording, by the port that tells them apart; the counters of
/// the drain are looked at by `drained`.
fn replayed(scratch: &Scratch, raw: &Path, drained: impl Fn(&Ended)) -> Vec<Value> {
    let service = Launch::new(scratch, "out")
        .without_anonymization()
        .set("aggregator.longest_lifetime", "3 h")
        .set("aggregator.exporters.\"192.0.2.2\".active_timeout", "600 s")
        .replay(raw)
        .set("replay.pace", "max")
        .start();
    let mut flows = Client::ask(service.client_port(), &json!({})).read().flows;
    drained(&service.wait());
    flows.sort_by_key(|flow| (flow["src_port"].as_u64(), flow["start_ms"].as_i64()));
    flows
}

/// A long flow is there once, from its first packet to its last, with so many packets.
fn assert_whole(flow: &Value, packets: u64) {
    assert_eq!(flow["packets"], packets, "{flow}");
    assert_eq!(flow["bytes"], packets * OCTETS, "{flow}");
    assert_eq!(flow["start_ms"], EPOCH * 1_000, "{flow}");
    assert_eq!(flow["duration_ms"], HOURS_2 * 1_000 - 100, "{flow}");
}

#[test]
fn a_two_hour_flow_that_two_routers_cut_otherwise_is_one_flow_with_the_right_totals() {
    for protocol in [6, 17] {
        let scratch = Scratch::new();
        let mut pieces = two_hours(1, protocol, 1, 60);
        pieces.extend(two_hours(2, protocol, 1, 600));
        // The second router loses a hundredth of its datagrams at least.
        let lost = |piece: &Piece| piece.router == 2 && piece.start == 3_600;
        let raw = recorded(&scratch, pieces, lost);
        let flows = replayed(&scratch, &raw, |ended| {
            ended.assert_clean();
            assert_eq!(ended.drained("duplicate"), 11);
        });
        let [flow] = &flows[..] else {
            panic!("{flows:?}")
        };
        assert_whole(flow, HOURS_2 * RATE);
        assert_eq!(flow["records"], 120);
        assert_eq!(
            flow["complete"],
            if protocol == 6 {
                json!(true)
            } else {
                Value::Null
            }
        );
    }
}

#[test]
fn the_same_is_so_of_each_router_alone_and_of_the_one_that_loses_but_for_what_it_lost() {
    for (cut, router) in [(60, 1), (600, 2)] {
        let scratch = Scratch::new();
        let pieces = two_hours(router, 6, 1, cut);
        let raw = recorded(&scratch, pieces, |_| false);
        let flows = replayed(&scratch, &raw, Ended::assert_clean);
        let [flow] = &flows[..] else {
            panic!("{flows:?}")
        };
        assert_whole(flow, HOURS_2 * RATE);
    }
    // The router that is believed loses one datagram of a hundred; what the other one saw,
    // which reports as often, holds the flow together.
    let scratch = Scratch::new();
    let mut pieces = two_hours(1, 6, 1, 60);
    pieces.extend(two_hours(2, 6, 1, 60));
    let lost = |piece: &Piece| piece.router == 1 && piece.start % 6_000 == 3_000;
    let raw = recorded(&scratch, pieces, lost);
    let flows = replayed(&scratch, &raw, |ended| {
        assert_eq!(ended.code, Some(0), "{}", ended.log);
    });
    let [flow] = &flows[..] else {
        panic!("{flows:?}")
    };
    assert_whole(flow, (HOURS_2 - 60) * RATE);
    assert_eq!(flow["records"], 119);
}

#[test]
fn pauses_shorter_than_the_idle_timeout_are_within_a_flow_and_longer_ones_are_not() {
    let scratch = Scratch::new();
    let piece = |port, start, end| Piece {
        router: 1,
        protocol: 17,
        port,
        start,
        end,
        flags: 0,
    };
    // A minute of packets, then 20 s of none, for two hours.
    let mut pieces: Vec<Piece> = (0..HOURS_2)
        .step_by(80)
        .map(|start| piece(1, start, start + 60))
        .collect();
    pieces.extend([piece(2, 0, 10), piece(2, 11, 20)]);
    pieces.extend([piece(3, 0, 10), piece(3, 41, 50)]);
    let raw = recorded(&scratch, pieces, |_| false);
    let flows = replayed(&scratch, &raw, Ended::assert_clean);
    let told: Vec<_> = flows
        .iter()
        .map(|flow| (flow["src_port"].as_u64(), flow["packets"].as_u64()))
        .collect();
    assert_eq!(
        told,
        [(1, 54_000), (2, 190), (3, 100), (3, 90)]
            .map(|(port, packets)| (Some(port), Some(packets)))
    );
    assert_eq!(flows[0]["records"], 90);
    assert_eq!(flows[0]["duration_ms"], (HOURS_2 - 20) * 1_000 - 100);
    assert_eq!(flows[0]["active_ms"], 90 * (60_000 - 100));
}
