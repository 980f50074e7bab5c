//! Where an exporter's timeouts are known from.

use flow::EndReason;

use super::super::tests::{T0, exporter_of, record, timeouts};
use super::*;

/// How an exporter cuts flows, as the lanes are told.
fn cuts(listener: &mut Listener, exporter: Exporter, second: i64) -> Cuts {
    let (heard, _) = listener.tick(Tick::from_secs(T0 + second));
    let cuts = heard.cuts.get(&exporter.addr).copied();
    cuts.unwrap_or_else(|| listener.timeouts.cuts_of_all())
}

/// The active timeout in force for an exporter, and its source.
fn in_force(listener: &mut Listener, exporter: Exporter, second: i64) -> (i64, Source) {
    let active = cuts(listener, exporter, second).active;
    (active.ms, active.source)
}

/// The idle timeout in force for an exporter, if any, and its source.
fn idle_in_force(
    listener: &mut Listener,
    exporter: Exporter,
    second: i64,
) -> Option<(i64, Source)> {
    let idle = cuts(listener, exporter, second).idle;
    idle.map(|idle| (idle.ms, idle.source))
}

/// A record that was ended as idle and received within second 100 after T0, so many
/// milliseconds after its last packet if it came at the end of that second.
fn ended_idle(delay_ms: i64) -> OriginalFlow {
    let end_ms = 101_000 - delay_ms;
    let mut ended = record(17, end_ms - 500, end_ms, 0);
    ended.end_reason = Some(EndReason::Idle);
    ended
}

fn lasting(length_ms: i64) -> OriginalFlow {
    record(17, 0, length_ms, 0)
}

#[test]
fn three_records_longer_than_a_timeout_disprove_it() {
    let (mut listener, one) = (Listener::new(timeouts(), 10), exporter_of(1, 0));
    listener.hear(
        one,
        &[lasting(599_000), lasting(600_000)],
        Tick::from_secs(T0),
    );
    assert_eq!(in_force(&mut listener, one, 1), (60_000, Source::Default));
    listener.hear(
        one,
        &[lasting(30_000), lasting(598_000)],
        Tick::from_secs(T0 + 1),
    );
    assert_eq!(in_force(&mut listener, one, 2), (598_000, Source::Learned));
    listener.hear(one, &[lasting(600_000)], Tick::from_secs(T0 + 3));
    assert_eq!(in_force(&mut listener, one, 4), (599_000, Source::Learned));
}

#[test]
fn an_absurd_length_teaches_no_more_than_the_longest_lifetime() {
    let (mut listener, one) = (Listener::new(timeouts(), 10), exporter_of(1, 0));
    listener.hear(one, &[lasting(i64::MAX / 2); 3], Tick::from_secs(T0));
    assert_eq!(
        in_force(&mut listener, one, 1),
        (3_600_000, Source::Learned)
    );
}

#[test]
fn settings_are_believed_before_options_data_and_those_before_the_default() {
    let mut times = timeouts();
    times
        .exporter_active_ms_of
        .insert(exporter_of(1, 0).addr, 120_000);
    let mut listener = Listener::new(times, 10);
    for number in [1, 2] {
        listener.told_by(exporter_of(number, 0).addr, Some(300_000), Some(15_000));
        listener.hear(
            exporter_of(number, 0),
            &[lasting(200_000); 3],
            Tick::from_secs(T0),
        );
    }
    assert_eq!(
        in_force(&mut listener, exporter_of(1, 0), 1),
        (120_000, Source::Settings)
    );
    assert_eq!(
        in_force(&mut listener, exporter_of(2, 0), 1),
        (300_000, Source::Options)
    );
}

#[test]
fn of_idle_timeouts_too_settings_are_believed_before_options_data_and_the_default() {
    let mut times = timeouts();
    times.exporter_idle_ms = Some(40_000);
    let own = [(exporter_of(1, 0).addr, 60_000)];
    times.exporter_idle_ms_of.extend(own);
    let mut listener = Listener::new(times, 10);
    for number in [1, 2] {
        listener.told_by(exporter_of(number, 0).addr, None, Some(15_000));
    }
    let records = [ended_idle(61_000); 3];
    let received = Tick::from_secs(T0 + 100);
    for number in [1, 2, 3] {
        listener.hear(exporter_of(number, 0), &records, received);
    }
    for (number, expected) in [
        (1, (60_000, Source::Settings)),
        (2, (15_000, Source::Options)),
        (3, (40_000, Source::Default)),
    ] {
        let found = idle_in_force(&mut listener, exporter_of(number, 0), 101);
        assert_eq!(found, Some(expected), "exporter {number}");
    }
    // Only what the settings say of the exporter itself is not doubted.
    for number in [1, 2, 3] {
        listener.hear(exporter_of(number, 0), &[ended_idle(9_100); 3], received);
    }
    for (number, expected) in [
        (1, (60_000, Source::Settings)),
        (2, (10_000, Source::Learned)),
        (3, (10_000, Source::Learned)),
    ] {
        let found = idle_in_force(&mut listener, exporter_of(number, 0), 102);
        assert_eq!(found, Some(expected), "exporter {number}");
    }
}

#[test]
fn three_records_ended_as_idle_teach_an_idle_timeout_and_it_only_gets_shorter() {
    let (mut listener, one) = (Listener::new(timeouts(), 10), exporter_of(1, 0));
    let received = Tick::from_secs(T0 + 100);
    let mut hear = |records: &[OriginalFlow]| {
        listener.hear(one, records, received);
        idle_in_force(&mut listener, one, 101)
    };
    // A second more, as export times may be whole ones; whole seconds.
    assert_eq!(hear(&[ended_idle(15_900), ended_idle(31_500)]), None);
    assert_eq!(hear(&[record(17, 0, 1_000, 0)]), None, "no end was told");
    let learned = |ms: i64| Some((ms, Source::Learned));
    assert_eq!(hear(&[ended_idle(30_700)]), learned(32_000));
    assert_eq!(hear(&[ended_idle(15_100)]), learned(31_000));
    assert_eq!(hear(&[ended_idle(90_000); 5]), learned(31_000));
    assert_eq!(hear(&[ended_idle(15_200)]), learned(16_000));
}

#[test]
fn an_absurd_delay_teaches_no_idle_timeout() {
    let (mut listener, one) = (Listener::new(timeouts(), 10), exporter_of(1, 0));
    let mut records = [ended_idle(0); 9];
    for (record, end_seen_ms) in records.iter_mut().zip([i64::MIN, i64::MAX, 0].repeat(3)) {
        record.end_seen_ms = end_seen_ms;
    }
    listener.hear(one, &records, Tick::from_secs(T0 + 100));
    assert_eq!(idle_in_force(&mut listener, one, 101), None);
}

#[test]
fn options_data_that_come_again_do_not_undo_what_records_prove() {
    let (mut listener, one) = (Listener::new(timeouts(), 10), exporter_of(1, 0));
    let proofs = [lasting(300_000), lasting(300_000), lasting(300_000)];
    for second in 0..3 {
        listener.told_by(one.addr, Some(120_000), Some(90_000));
        listener.hear(one, &proofs, Tick::from_secs(T0 + 100 + second));
        listener.hear(one, &[ended_idle(15_000); 3], Tick::from_secs(T0 + 100));
        let (_, news) = listener.tick(Tick::from_secs(T0 + 101 + second));
        assert_eq!(news.len(), usize::from(second == 0), "{news:?}");
    }
    assert_eq!(
        in_force(&mut listener, one, 105),
        (300_000, Source::Learned)
    );
}

#[test]
fn how_each_exporter_cuts_flows_is_told_when_it_is_first_heard_of() {
    let mut times = timeouts();
    times
        .exporter_idle_ms_of
        .extend([(exporter_of(2, 0).addr, 15_000)]);
    let mut listener = Listener::new(times, 10);
    for (exporter, received) in [((1, 0), 0), ((2, 5), 0), ((2, 6), 1)] {
        let exporter = exporter_of(exporter.0, exporter.1);
        listener.hear(exporter, &[lasting(1)], Tick::from_secs(T0 + received));
    }
    let (_, news) = listener.tick(Tick::from_secs(T0 + 2));
    let sources = news
        .iter()
        .map(|(_, cuts)| cuts.idle.map(|idle| idle.source));
    assert_eq!(sources.collect::<Vec<_>>(), [None, Some(Source::Settings)]);
    listener.hear(exporter_of(1, 9), &[lasting(1)], Tick::from_secs(T0 + 2));
    let (_, news) = listener.tick(Tick::from_secs(T0 + 3));
    assert_eq!(news, [], "another domain of the same");
}

#[test]
fn what_changes_is_told_once() {
    let (mut listener, one) = (Listener::new(timeouts(), 10), exporter_of(1, 0));
    listener.hear(one, &[lasting(300_000); 3], Tick::from_secs(T0));
    let (_, news) = listener.tick(Tick::from_secs(T0 + 1));
    assert_eq!(news.len(), 1);
    let (_, news) = listener.tick(Tick::from_secs(T0 + 2));
    assert_eq!(news.len(), 0);
}

#[test]
fn who_falls_silent_is_no_longer_one_of_several() {
    let mut listener = Listener::new(timeouts(), 10);
    let tick = |second| Tick::from_secs(T0 / 60 * 60 + second);
    listener.hear(exporter_of(1, 0), &[lasting(1)], tick(0));
    assert!(!listener.tick(tick(1)).0.several);
    listener.hear(exporter_of(1, 7), &[lasting(1)], tick(1));
    assert!(listener.tick(tick(2)).0.several);
    for second in 0..80 {
        listener.hear(exporter_of(1, 0), &[lasting(1)], tick(60 * second));
        listener.tick(tick(60 * second));
    }
    assert!(!listener.tick(tick(4_800)).0.several);
}

#[test]
fn no_more_exporters_are_kept_than_allowed() {
    let mut listener = Listener::new(timeouts(), 3);
    for number in 0..9 {
        let exporter = exporter_of(number, 0);
        listener.hear(exporter, &[lasting(300_000); 3], Tick::from_secs(T0));
    }
    assert_eq!((listener.points.len(), listener.known.len()), (3, 3));
}
