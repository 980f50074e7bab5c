//! Both directions as one flow (RFC 5103).

use flow::{AggregatedFlow, Reverse};

use super::live::{Live, Side, known};

/// Makes a released flow a biflow: the initiator's direction forward.
pub(super) fn orient(flow: AggregatedFlow, live: &Live, side: Option<&Side>) -> AggregatedFlow {
    let back = side.filter(|side| side.reverse_observer.is_some());
    let Some(side) = back else {
        let nothing = Reverse {
            packets: 0,
            bytes: 0,
        };
        return AggregatedFlow {
            reverse: Some(nothing),
            ..flow
        };
    };
    let reverse = Reverse {
        packets: side.reverse_packets,
        bytes: side.reverse_bytes,
    };
    if is_forward(live, side) {
        return AggregatedFlow {
            reverse: Some(reverse),
            ..flow
        };
    }
    let mirrored = live.key.mirrored();
    AggregatedFlow {
        key: mirrored.key(),
        icmp: mirrored.icmp(),
        packets: reverse.packets,
        bytes: reverse.bytes,
        reverse: Some(Reverse {
            packets: flow.packets,
            bytes: flow.bytes,
        }),
        in_if: flow.out_if,
        out_if: flow.in_if,
        ..flow
    }
}

/// Whether the direction of the first record is the initiator's. The initiator is who
/// sent a SYN without ACK; else who sent the first packet; else who has the higher port,
/// as clients do; else who was reported first.
fn is_forward(live: &Live, side: &Side) -> bool {
    match (live.is(known::CALLS), live.is(known::CALLS_BACK)) {
        (true, false) => return true,
        (false, true) => return false,
        _ => {}
    }
    if side.start_ms != side.reverse_start_ms {
        return side.start_ms < side.reverse_start_ms;
    }
    live.key.is_from_higher_port() || !live.key.mirrored().is_from_higher_port()
}
