//! Field by field against what tshark shows of the captures of real exporters.
#![expect(
    clippy::disallowed_methods,
    reason = "the captures are files beside the project"
)]

mod explained;
mod names;
mod nfdump;
mod value;

use std::collections::BTreeMap;
use std::fs;

use decode::explain::{Event, EventKind, ExplainLimits, Field, Value};
use decode::{Datagram, Decoder, Limits, REVERSE_ENTERPRISE, Transport, element};
use flow::ReceiveTime;
use serde_json::Value as Json;

use crate::captures::oracle::{decode_of, manifest, root};
use crate::pcap::datagrams;

/// Names and values of a record or sample.
type Fields = Vec<(String, Value)>;

/// What a comparison came to.
#[derive(Debug, Default)]
struct Compared {
    captures: usize,
    records: usize,
    fields: usize,
    explained: usize,
    /// Differences that nothing explains.
    wrong: BTreeMap<(String, String), Vec<String>>,
    used: BTreeMap<usize, usize>,
}

/// The records of each datagram, in order, without those that waited: tshark never shows
/// these.
fn ours(file: &[u8]) -> Vec<Vec<Fields>> {
    let mut decoder = Decoder::new(Limits::default());
    let datagrams = datagrams(file).unwrap();
    let explained = datagrams.iter().map(|captured| {
        let datagram = Datagram {
            source: captured.source,
            received: ReceiveTime::from_nanos(captured.seen_nanos),
            payload: &captured.payload,
        };
        let limits = ExplainLimits::default();
        let explained = decoder.explain(Transport::Udp, datagram, limits);
        let now = explained
            .events
            .iter()
            .filter(|event| event.waited.is_none());
        now.filter_map(fields).collect()
    });
    explained.collect()
}

/// The name of a field, without its turn. tshark shows an element of the reverse
/// direction by the same name as the forward one.
fn name_of(field: &Field) -> String {
    let forward = element(0, field.id).filter(|_| field.enterprise == REVERSE_ENTERPRISE);
    let name = forward.map_or(&field.name, |element| &element.name);
    name.split('#').next().unwrap().to_owned()
}

fn fields(event: &Event) -> Option<Fields> {
    match &event.kind {
        EventKind::Record(record) | EventKind::Options(record) => {
            let fields = record.layout.fields.iter().zip(&record.values);
            Some(
                fields
                    .map(|(field, value)| (name_of(field), value.clone()))
                    .collect(),
            )
        }
        EventKind::Sample(sample) if sample.name.is_some() => {
            let items = sample.items.iter().flat_map(|item| &item.fields);
            let all = sample.fields.iter().chain(items);
            Some(
                all.map(|(name, value)| ((*name).to_owned(), value.clone()))
                    .collect(),
            )
        }
        _ => None,
    }
}

/// The records that tshark shows of a datagram: names, values and their octets.
fn theirs(datagram: &Json) -> Vec<Vec<[&str; 3]>> {
    let sets = datagram["sets"].as_array().unwrap().iter();
    let records = sets.flat_map(|set| set["records"].as_array().unwrap());
    let records = records.filter_map(Json::as_array);
    records
        .map(|record| {
            let fields = record.iter();
            fields
                .map(|field| [0, 1, 2].map(|at| field[at].as_str().unwrap()))
                .collect()
        })
        .collect()
}

impl Compared {
    fn capture(&mut self, path: &str, ours: &[Vec<Fields>], theirs: &Json) {
        self.captures += 1;
        let datagrams = ours.iter().zip(theirs.as_array().unwrap());
        for (number, (ours, datagram)) in datagrams.enumerate() {
            let theirs = self::theirs(datagram);
            if ours.len() != theirs.len() {
                let counts = format!("{} records, not {}", ours.len(), theirs.len());
                self.differs(path, number, "records", &counts);
                continue;
            }
            for (ours, theirs) in ours.iter().zip(&theirs) {
                self.records += 1;
                self.record(path, number, ours, theirs);
            }
        }
    }

    fn record(&mut self, path: &str, number: usize, ours: &Fields, theirs: &[[&str; 3]]) {
        let mut turns: BTreeMap<&str, usize> = BTreeMap::new();
        for &[name, shown, hex] in theirs {
            let Some((names, form)) = names::of(name) else {
                continue;
            };
            let turn = turns.entry(name).or_default();
            let mut same = ours.iter().filter(|(name, _)| names.contains(&&**name));
            let value = same.nth(*turn).map(|(_, value)| value);
            *turn += 1;
            self.fields += 1;
            let right = value.is_some_and(|value| value::is_same(value, form, shown, hex));
            if !right {
                self.differs(
                    path,
                    number,
                    name,
                    &format!("{value:?}, not {shown} ({hex})"),
                );
            }
        }
    }

    fn differs(&mut self, path: &str, number: usize, what: &str, how: &str) {
        match explained::place(path, what) {
            Some(at) => {
                *self.used.entry(at).or_default() += 1;
                self.explained += 1;
            }
            None => {
                let place = (path.to_owned(), what.to_owned());
                let wrong = self.wrong.entry(place).or_default();
                wrong.push(format!("datagram {number}: {how}"));
            }
        }
    }
}

#[test]
fn values_are_those_that_tshark_shows_or_the_standard_says_why_not() {
    let mut compared = Compared::default();
    for line in manifest() {
        if let Some(shown) = decode_of(&line.path, "tshark") {
            let ours = ours(&fs::read(root().join(&line.path)).unwrap());
            compared.capture(&line.path, &ours, &shown);
        }
    }
    let Compared {
        captures,
        records,
        fields,
        explained,
        wrong,
        used,
    } = compared;
    println!(
        "{captures} captures, {records} records, {fields} fields, {explained} differences explained"
    );
    for (at, times) in &used {
        println!("{times:>6} {}", explained::text(*at));
    }
    let wrong: Vec<String> = wrong
        .iter()
        .map(|((path, what), all)| format!("{path} {what}, {} times: {}", all.len(), all[0]))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    if captures > 0 {
        explained::assert_all(&used);
        assert!(fields > 100_000, "the fields are compared");
    }
}
