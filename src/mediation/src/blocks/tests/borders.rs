//! Blocks as they come and go: order, borders, room.

use flow::protocol::{TCP, UDP};
use flow::tcp_flag::{ACK, FIN, SYN};

use super::*;

fn with_port(mut record: OriginalFlow, port: u16) -> OriginalFlow {
    record.key.src_port = port;
    record
}

fn ports_and_places(flows: &[BlockFlow]) -> Vec<(u16, u32)> {
    let of = |flow: &BlockFlow| (flow.flow.key.src_port, flow.flow.block_place.unwrap());
    flows.iter().map(of).collect()
}

#[test]
fn keys_stand_in_the_order_of_their_first_appearance() {
    let records = [
        with_port(record(UDP, 500, 600, 0), 1),
        // It appears first, though this record is left out.
        with_port(record(TCP, 0, 100, ACK | FIN), 2),
        with_port(record(TCP, 9_000, 9_100, SYN | FIN), 2),
        // As early as the first one, and received after it.
        with_port(record(UDP, 500, 501, 0), 3),
        // Two flows of one key stand together, in order of time.
        with_port(record(UDP, 90_000, 90_100, 0), 4),
        with_port(record(UDP, 600, 700, 0), 4),
        // As early as the next one and received before it; this record is left out, too.
        with_port(record(TCP, 650, 651, ACK | FIN), 6),
        with_port(record(UDP, 650, 700, 0), 5),
        with_port(record(TCP, 9_000, 9_100, SYN | FIN), 6),
    ];
    let (flows, _) = block(&records, Rules::ORIGINAL);
    assert_eq!(
        ports_and_places(&flows),
        [(2, 2), (1, 0), (3, 3), (4, 5), (4, 4), (6, 8), (5, 7)]
    );
}

#[test]
fn nothing_is_known_of_the_block_before() {
    let mut blocks = Blocks::new(Rules::ORIGINAL);
    for half in [record(TCP, 0, 1, SYN), record(TCP, 2, 3, FIN)] {
        blocks.take_in(placed(&[half]));
        let plan = blocks.plan();
        assert!(blocks.end_block(plan).is_empty());
    }
    let counters = blocks.counters();
    let left_out = |reason| counters.left_out(reason).records;
    assert_eq!(
        (
            left_out(LeftOut::WithoutClosing),
            left_out(LeftOut::WithoutOpening)
        ),
        (1, 1)
    );
}

#[test]
fn what_comes_after_the_plan_is_of_the_next_block() {
    let mut blocks = Blocks::new(Rules::ORIGINAL);
    blocks.take_in(placed(&[record(UDP, 0, 1, 0)]));
    let plan = blocks.plan();
    blocks.take_in(placed(&[record(UDP, 2, 3, 0)]));
    let flows = blocks.end_block(plan);
    assert_eq!((flows.len(), flows[0].flow.records), (1, 1));
    assert_eq!((blocks.held(), blocks.counters().taken.records), (1, 1));
}

#[test]
fn a_block_whose_planning_failed_is_given_back_uncounted() {
    let records = placed(&[record(UDP, 0, 1, 0), record(UDP, 2, 3, 0)]);
    let mut blocks = Blocks::new(Rules::ORIGINAL);
    blocks.take_in(records.clone());
    assert_eq!(blocks.set_aside(), records);
    assert_eq!(
        (blocks.held(), *blocks.counters()),
        (0, Counters::default())
    );
}

#[test]
fn a_block_that_never_ends_has_room_for_its_records_and_one_message() {
    let mut blocks = Blocks::new(Rules {
        block_records: 1_000,
        ..Rules::ORIGINAL
    });
    let message = placed(&[record(UDP, 0, 1_000, 0); 700]);
    for _ in 0..100 {
        blocks.take_in(message.clone());
    }
    assert_eq!(blocks.held(), 1_000 + 65_535);
    let no_room = blocks.counters().left_out(LeftOut::NoRoom);
    assert_eq!(no_room.records, 70_000 - 66_535);
    assert_eq!(no_room.packets, 5 * no_room.records);
    assert_eq!(blocks.counters().taken, no_room);
    // There is room again once the block has ended.
    let plan = blocks.plan();
    assert_eq!(blocks.end_block(plan).len(), 1);
    blocks.take_in(message);
    assert_eq!(blocks.held(), 700);
    assert_eq!(blocks.counters().left_out(LeftOut::NoRoom), no_room);
}

#[test]
fn every_reason_has_a_name_of_its_own() {
    let mut names = LeftOut::ALL.map(LeftOut::name);
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
    for (index, reason) in LeftOut::ALL.into_iter().enumerate() {
        assert_eq!(reason as usize, index);
    }
}
