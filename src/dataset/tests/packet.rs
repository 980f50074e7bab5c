//! Datagrams in packets of every link type, and what is counted in their place.

#[path = "common/packets.rs"]
#[allow(dead_code, reason = "each test binary uses a part")]
mod packets;

use packets::{
    LITTLE, ethernet, is_v4, is_v6, only, pcap, plain_v4, plain_v6, read, skipped, udp, v4, v6,
};

#[test]
fn every_link_type_is_read() {
    let cooked = |ethertype: [u8; 2], packet: &[u8]| [&[0; 14][..], &ethertype, packet].concat();
    let cooked2 = |ethertype: [u8; 2], packet: &[u8]| [&ethertype, &[0; 18][..], packet].concat();
    let (ip4, ip6) = (plain_v4(), plain_v6());
    for (link, packet) in [
        (0, [&[2, 0, 0, 0], &ip4[..]].concat()),
        (0, [&[0, 0, 0, 2], &ip4[..]].concat()),
        (1, ethernet(&[0x0800], &ip4)),
        (1, ethernet(&[0x8100, 0x0800], &ip4)),
        (1, ethernet(&[0x88A8, 0x8100, 0x0800], &ip4)),
        (101, ip4.clone()),
        (12, ip4.clone()),
        (108, [&[0, 0, 0, 2], &ip4[..]].concat()),
        (113, cooked([0x08, 0x00], &ip4)),
        (228, ip4.clone()),
        (276, cooked2([0x08, 0x00], &ip4)),
    ] {
        is_v4(&only(&pcap(LITTLE, false, link, &[packet])));
    }
    for (link, packet) in [
        (0, [&[30, 0, 0, 0], &ip6[..]].concat()),
        (1, ethernet(&[0x86DD], &ip6)),
        (101, ip6.clone()),
        (113, cooked([0x86, 0xDD], &ip6)),
        (229, ip6.clone()),
        (276, cooked2([0x86, 0xDD], &ip6)),
    ] {
        is_v6(&only(&pcap(LITTLE, false, link, &[packet])));
    }
}

#[test]
fn the_length_of_a_frame_check_sequence_is_no_part_of_the_link_type() {
    is_v4(&only(&pcap(
        LITTLE,
        false,
        0x4400_0001,
        &[ethernet(&[0x0800], &plain_v4())],
    )));
}

#[test]
fn padding_behind_the_packet_is_no_payload() {
    let mut frame = ethernet(&[0x0800], &plain_v4());
    frame.resize(64, 0xEE);
    is_v4(&only(&pcap(LITTLE, false, 1, &[frame])));
}

#[test]
fn extension_headers_of_ipv6_are_passed() {
    let segment = udp(b"flows");
    let hop_by_hop = [&[60, 0, 1, 4, 0, 0, 0, 0], &[17, 1][..], &[0; 14], &segment].concat();
    is_v6(&only(&pcap(LITTLE, false, 101, &[v6(0, &hop_by_hop)])));
    let atomic_fragment = [&[17, 0, 0, 0, 0, 0, 0, 9], &segment[..]].concat();
    is_v6(&only(&pcap(
        LITTLE,
        false,
        101,
        &[v6(44, &atomic_fragment)],
    )));
    let authenticated = [&[17, 4][..], &[0; 22], &segment].concat();
    is_v6(&only(&pcap(LITTLE, false, 101, &[v6(51, &authenticated)])));
    let endless = [&[60, 0, 0, 0, 0, 0, 0, 0][..]; 9].concat();
    assert_eq!(skipped(101, v6(60, &endless)).malformed, 1);
}

#[test]
fn what_is_no_udp_is_skipped_and_counted() {
    assert_eq!(skipped(101, v4(0, 132, &udp(b"flows"))).other_packets, 1);
    assert_eq!(skipped(101, v6(58, &udp(b"flows"))).other_packets, 1);
    assert_eq!(skipped(1, ethernet(&[0x0806], &[0; 28])).other_packets, 1);
    assert_eq!(skipped(0, vec![7, 0, 0, 0, 1, 2, 3, 4]).other_packets, 1);
    assert_eq!(
        skipped(1, ethernet(&[0x8100; 6], &plain_v4())).other_packets,
        1
    );
}

#[test]
fn later_fragments_are_skipped_and_first_ones_counted_as_cut() {
    assert_eq!(skipped(101, v4(185, 17, b"rest of it")).fragments, 1);
    let later = [&[17, 0, 0x05, 0xC9, 0, 0, 0, 9][..], b"rest of it"].concat();
    assert_eq!(skipped(101, v6(44, &later)).fragments, 1);

    let mut segment = udp(b"flows");
    segment[4..6].copy_from_slice(&3_000_u16.to_be_bytes());
    let first = pcap(LITTLE, false, 101, &[v4(0x2000, 17, &segment)]);
    is_v4(&only(&first));
    assert_eq!(read(&first).1.cut, 1);
}

#[test]
fn a_packet_cut_by_the_capture_gives_what_is_there() {
    let mut packet = plain_v4();
    packet.truncate(packet.len() - 2);
    let file = pcap(LITTLE, false, 101, &[packet]);
    assert_eq!(only(&file).3, b"flo");
    assert_eq!(read(&file).1.cut, 1);
}

#[test]
fn headers_that_contradict_themselves_are_counted_as_malformed() {
    let change = |at: usize, value: u8| {
        let mut packet = plain_v4();
        packet[at] = value;
        skipped(101, packet)
    };
    assert_eq!(change(0, 0x44).malformed, 1, "header of 16 octets");
    assert_eq!(change(0, 0x4F).malformed, 1, "header beyond the packet");
    assert_eq!(change(0, 0x86).malformed, 1, "version 8");
    assert_eq!(change(3, 20).malformed, 1, "total length within the header");
    assert_eq!(change(29, 7).malformed, 1, "UDP length within its header");
    for len in 0..32 {
        assert_eq!(
            skipped(228, plain_v4()[..len].to_vec()).malformed,
            1,
            "{len} octets"
        );
    }
}

#[test]
fn lengths_of_zero_left_by_the_network_card_mean_all_that_is_there() {
    let mut packet = plain_v4();
    packet[2..4].fill(0);
    packet[28..30].fill(0);
    is_v4(&only(&pcap(LITTLE, false, 101, &[packet])));
    let mut packet = plain_v6();
    packet[4..6].fill(0);
    is_v6(&only(&pcap(LITTLE, false, 101, &[packet])));
}
