//! Laws and gauges.

use super::*;

#[test]
fn a_broken_law_is_named_with_both_its_sides() {
    let accounting = Accounting::default();
    accounting.datagrams_received.add(3);
    accounting.datagrams_decoded.add(2);
    let imbalances = accounting.totals().imbalances();
    assert_eq!(imbalances.len(), 1);
    assert_eq!((imbalances[0].left, imbalances[0].right), (3, 2));
    accounting.datagrams_rejected.add(1);
    assert!(accounting.totals().imbalances().is_empty());
}

#[test]
fn a_gauge_is_the_sum_of_its_contributors() {
    let held = Counter::default();
    held.shift(0, 5);
    held.shift(0, 7);
    held.shift(5, 2);
    assert_eq!(held.get(), 9);
}

#[test]
fn every_counter_has_a_row() {
    let accounting = Accounting::default();
    accounting.falls.add(1);
    let rows = accounting.totals().rows();
    assert_eq!(rows.last(), Some(&("falls", 1)));
    assert_eq!(rows.first(), Some(&("datagrams_received", 0)));
}
