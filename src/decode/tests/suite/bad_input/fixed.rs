//! B002 and B067 to B069: NetFlow v1 and v7, which v5 shares its rules with.

use decode::Reason;

use super::{Case, case};
use crate::encode::V5Record;
use crate::fixed::Old;

pub(super) fn cases() -> Vec<Case> {
    [of(Old::v1), of(Old::v7)].into_iter().flatten().collect()
}

fn of(make: fn(usize) -> Old) -> Vec<Case> {
    let whole = make(2).octets();
    let head = make(0).octets().len();
    let cut = |case: Case| (2..head).fold(case, |case, octets| case.send(whole[..octets].to_vec()));
    let header = u64::try_from(head).unwrap() - 2;
    vec![
        cut(case(
            "B002",
            "v1 and v7 of every length below their header's",
        ))
        .counts(Reason::Short, header),
        case("B067", "v1 and v7 counts of 0, 29, 31 and 65,535")
            .send(make(0).octets())
            .send(make(30).octets_of(31))
            .send(make(30).octets_of(29))
            .send(make(30).octets_of(0))
            .send(make(30).octets_of(u16::MAX))
            .counts(Reason::CountMismatch, 4),
        case("B068", "v1 and v7 with more records than customary")
            .send(make(500).octets())
            .flows(500),
        case("B069", "v1 and v7 with a record cut off")
            .send(whole[..whole.len() - 1].to_vec())
            .counts(Reason::CountMismatch, 1),
        case("B069", "v1 and v7 with octets after their last record")
            .send([&whole[..], &[0; 6]].concat())
            .flows(2)
            .counts(Reason::TrailingOctets, 1),
        case("B096", "v1 and v7 with a record that ends before it starts")
            .send({
                let mut old = make(1);
                let V5Record { first, last, .. } = old.records[0];
                (old.records[0].first, old.records[0].last) = (last, first);
                old.octets()
            })
            .flows(1)
            .counts(Reason::EndBeforeStart, 1)
            .check(|seen| assert_eq!(seen.flows[0].start_ms, seen.flows[0].end_ms)),
    ]
}
