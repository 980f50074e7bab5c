//! VLANs: which one a flow shows, and flows that are apart by it.

use flow::Vlan;

use super::*;

/// What leaves of UDP records that are a second apart, each in one of these VLANs (0: in
/// none): VLAN and records of each flow.
fn flows(rules: Rules, vlans: &[u16]) -> Vec<(u16, u32)> {
    let mut core = Aggregator::new(rules, 1);
    for (second, &vlan) in (1..).zip(vlans) {
        let one = OriginalFlow {
            vlan: Vlan::new(vlan),
            ..record(17, second * 1_000 - 1_000, second * 1_000 - 500, 0)
        };
        feed(&mut core, &[one], second);
    }
    let left = core.drain().into_iter().flatten();
    let mut left: Vec<_> = left
        .map(|flow| (flow.vlan.map_or(0, Vlan::get), flow.records))
        .collect();
    left.sort_unstable();
    left
}

fn apart_by_vlan() -> Rules {
    Rules {
        apart: Apart {
            vlan: true,
            ..Apart::default()
        },
        ..rules()
    }
}

#[test]
fn a_flow_shows_the_vlan_of_its_first_record_that_has_one() {
    assert_eq!(flows(rules(), &[10, 20, 0]), [(10, 3)]);
    assert_eq!(flows(rules(), &[0, 20, 10]), [(20, 3)]);
    assert_eq!(flows(rules(), &[0, 0]), [(0, 2)]);
}

#[test]
fn flows_that_are_apart_by_vlan_show_it_and_those_without_are_apart_too() {
    let mixed = [10, 20, 0, 10, 0, 20, 20];
    assert_eq!(flows(apart_by_vlan(), &mixed), [(0, 2), (10, 2), (20, 3)]);
}

#[test]
fn both_directions_of_one_vlan_are_one_biflow_and_others_are_apart() {
    let rules = Rules {
        biflow: true,
        ..apart_by_vlan()
    };
    let mut core = Aggregator::new(rules, 1);
    for vlan in [10, 20] {
        let forward = OriginalFlow {
            vlan: Vlan::new(vlan),
            ..record(17, 0, 100, 0)
        };
        let reverse = OriginalFlow {
            key: forward.key.reversed(),
            ..forward
        };
        feed(&mut core, &[forward, reverse], 1);
    }
    let left: Vec<_> = core.drain().into_iter().flatten().collect();
    let mut vlans: Vec<_> = left.iter().map(|flow| flow.vlan.unwrap().get()).collect();
    vlans.sort_unstable();
    assert_eq!(vlans, [10, 20]);
    assert!(left.iter().all(|flow| flow.reverse.unwrap().packets == 5));
}
