//! Samples: their rate, interfaces, sequence and limits.

use decode::{Limits, Reason};

use super::encode::{FlowSample, Sflow, tcp_frame};
use crate::support::{Collector, assert_balanced, source};

fn sample() -> FlowSample {
    FlowSample::of(&tcp_frame())
}

#[test]
fn each_sample_has_its_own_rate() {
    let rated = |rate| FlowSample { rate, ..sample() };
    let largest = Limits::default().largest_sampling_rate;
    let rates = [0, 1, 400, largest, largest + 1, u32::MAX];
    let sflow = (1..).zip(rates).fold(Sflow::new(), |sflow, (at, rate)| {
        sflow.flow(&rated(rate).sequence(at))
    });
    let mut collector = Collector::default();
    let flows = collector.flows(&sflow.octets());
    let read: Vec<u32> = flows
        .iter()
        .map(|f| f.sampling_rate.map_or(0, |r| r.get()))
        .collect();
    assert_eq!(read, [0, 1, 400, largest, 0, 0], "0 is unknown");
    assert_eq!(collector.count(Reason::SamplingImplausible), 2);
}

#[test]
fn only_one_interface_that_is_known_has_an_index() {
    let index = |expanded, interface| {
        let sample = FlowSample {
            expanded,
            input: interface,
            output: interface,
            ..sample()
        };
        let mut collector = Collector::default();
        let flow = collector.flow(&Sflow::new().flow(&sample).octets());
        assert_eq!(flow.in_if, flow.out_if);
        let counted = [Reason::OutputDiscarded, Reason::OutputMultiple];
        (flow.out_if, counted.map(|reason| collector.count(reason)))
    };
    for expanded in [false, true] {
        assert_eq!(index(expanded, (0, 5)), (Some(5), [0, 0]));
        assert_eq!(index(expanded, (0, 0)), (None, [0, 0]));
        assert_eq!(index(expanded, (0, 0x3FFF_FFFF)), (None, [0, 0]));
        assert_eq!(index(expanded, (1, 256)), (None, [1, 0]));
        assert_eq!(index(expanded, (2, 7)), (None, [0, 1]));
        assert_eq!(index(expanded, (3, 7)), (None, [0, 0]));
    }
    // Only the expanded form has room for indexes above 30 bits.
    assert_eq!(index(true, (0, 0x4000_0000)), (Some(0x4000_0000), [0, 0]));
    assert_eq!(index(true, (0, u32::MAX)), (None, [0, 0]));
}

#[test]
fn lost_samples_and_dropped_packets_are_counted_for_each_source() {
    let at = |source, sequence, drops| FlowSample {
        source,
        sequence,
        drops,
        ..sample()
    };
    let first = Sflow::new().flow(&at(1, 10, 5)).flow(&at(2, 900, 0));
    let second = Sflow::new()
        .sequence(1)
        .flow(&at(1, 14, 8))
        .flow(&at(2, 901, 0));
    let late = Sflow::new()
        .sequence(2)
        .flow(&at(1, 12, 7))
        .flow(&at(2, 903, 1));
    let mut collector = Collector::default();
    for datagram in [first, second, late] {
        assert_eq!(collector.flows(&datagram.octets()).len(), 2);
    }
    let total = collector.decoder.counters().total();
    let samples = total.samples;
    assert_eq!((samples.taken, samples.lost), (6, 3 + 1));
    assert_eq!((samples.recovered, samples.dropped), (1, 3 + 1));
    assert_eq!(total.sequence.lost, 0);
    assert_balanced(collector.decoder.counters());
}

#[test]
fn lost_datagrams_are_counted_for_each_agent() {
    let mut collector = Collector::default();
    let mut other = Sflow::new();
    other.sub_agent = 8;
    for sequence in [100, 101, 105, 106, 102] {
        collector.flows(&Sflow::new().sequence(sequence).octets());
        collector.flows(&other.clone().sequence(sequence * 2 / 2).octets());
    }
    let sequence = collector.decoder.counters().total().sequence;
    assert_eq!((sequence.lost, sequence.recovered), (2 * 3, 2));
}

#[test]
fn data_sources_have_a_limit() {
    let limits = Limits {
        sources_per_exporter: 2,
        ..Limits::default()
    };
    let of = |source, sequence| FlowSample {
        source,
        ..sample().sequence(sequence)
    };
    let mut collector = Collector::new(limits);
    let sources = Sflow::new().flow(&of(1, 1)).flow(&of(2, 1)).flow(&of(1, 2));
    collector.flows(&sources.octets());
    assert_eq!(collector.count(Reason::SourceEvicted), 0);
    let third = Sflow::new().sequence(1).flow(&of(3, 1)).flow(&of(1, 4));
    collector.flows(&third.octets());
    assert_eq!(collector.count(Reason::SourceEvicted), 1, "source 2 left");
    assert_eq!(collector.decoder.counters().total().samples.lost, 1);
    // Another exporter has its own.
    collector.receive(source(2, 6_343), &sources.octets());
    assert_eq!(collector.count(Reason::SourceEvicted), 1);
}

#[test]
fn flow_samples_of_a_datagram_have_a_limit() {
    let limits = Limits {
        records_per_datagram: 3,
        ..Limits::default()
    };
    let sflow =
        |samples| (1..=samples).fold(Sflow::new(), |sflow, at| sflow.flow(&sample().sequence(at)));
    let mut collector = Collector::new(limits);
    assert_eq!(collector.flows(&sflow(3).counter(2).octets()).len(), 3);
    assert_eq!(collector.flows(&sflow(4).octets()).len(), 0);
    assert_eq!(collector.count(Reason::TooManyRecords), 1);
    let total = collector.decoder.counters().total();
    assert_eq!(total.samples.taken, 3, "a rejected datagram has no samples");
}
