//! What came of a run, and whether it adds up.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use flow::{FlowKey, Tick};
use mediation::anonymize::{Epoch, KeyName};
use protocol::Block;
use serde_json::Value;

use super::rig::{EPOCHS, key, permutation};
use super::traffic::{Account, Accounts, BEGINS, is_poison};
use super::witness::{Reading, Rows};
use crate::accounting::Totals;
use crate::store::{StoredRows, Stream, block_of};
use crate::supervision::Incident;

/// The first position of a block, its tick, and what names its key.
pub(crate) type Keyed = (u64, Tick, Option<KeyName>);

/// Everything that can be seen of a run once it is over. Two runs of one seed are equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// What was sent and taken in.
    pub(crate) sent: Accounts,
    /// The prepared stream, block by block, with the tick of each.
    pub(crate) published: Vec<(i64, Rows)>,
    /// Records of published flows, by original key.
    pub(crate) delivered: Accounts,
    /// The same of flows in quarantine.
    pub(crate) quarantined: Accounts,
    /// Lines of the quarantine, without the time at which they were written.
    pub(crate) quarantine: Vec<Value>,
    pub(crate) stored: Vec<StoredRows>,
    /// The key of each block, as published and as stored.
    pub(crate) keys: [Vec<Keyed>; 2],
    pub(crate) reading: Reading,
    pub(crate) incidents: Vec<Incident>,
    pub(crate) gave_up: Option<String>,
    /// Whether a part of the stream was published in one go and had left the ring before
    /// the witness could look. That happens at the end of a run with a stage given up.
    pub(crate) unseen: bool,
    pub(crate) totals: Totals,
}

/// `Err` with `what` unless `holds`.
pub(crate) fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

/// Anonymized keys of an epoch, and what each was.
fn originals(sent: &Accounts, epoch: Epoch) -> BTreeMap<FlowKey, FlowKey> {
    let pan = permutation(epoch);
    let anonymized = |key: &FlowKey| FlowKey {
        src_addr: pan.anonymize(key.src_addr),
        dst_addr: pan.anonymize(key.dst_addr),
        ..*key
    };
    sent.keys().map(|key| (anonymized(key), *key)).collect()
}

/// What anonymized keys stand for, of whatever epoch they are. Permutations take their time
/// to make, so each is made when it is needed.
struct Images<'a> {
    sent: &'a Accounts,
    /// Epochs that were not needed yet, the next one last.
    others: Vec<Epoch>,
    originals: BTreeMap<FlowKey, FlowKey>,
}

impl<'a> Images<'a> {
    fn new(sent: &'a Accounts) -> Self {
        let hours = (0..24).map(|hour| Tick::from_secs(BEGINS + hour * 3_600));
        // What leaves before the first tick has that of the beginning of time.
        let ticks = hours.chain([Tick::default()]);
        let epochs: Vec<Epoch> = ticks.filter_map(|tick| EPOCHS.of(tick)).collect();
        Self {
            sent,
            others: epochs.into_iter().rev().collect(),
            originals: BTreeMap::new(),
        }
    }

    fn original(&mut self, image: FlowKey) -> FlowKey {
        loop {
            if let Some(original) = self.originals.get(&image) {
                return *original;
            }
            let epoch = self.others.pop();
            let epoch = epoch.unwrap_or_else(|| panic!("{image:?} was never sent"));
            self.originals.extend(originals(self.sent, epoch));
        }
    }
}

/// The accounts of published flows, by the keys that they had before anonymization.
pub(crate) fn delivered(blocks: &[Arc<Block>], sent: &Accounts) -> Result<Accounts, String> {
    let mut original = BTreeMap::new();
    let mut accounts = Accounts::new();
    for block in blocks {
        let epoch = block.key().and_then(|key| key.epoch);
        let epoch = epoch.ok_or("a block of no epoch")?;
        let original = original.entry(epoch);
        let original = original.or_insert_with(|| originals(sent, epoch));
        for flow in block.flows() {
            let flow = flow.flow();
            let key = original.get(&flow.key);
            let key = key.ok_or_else(|| format!("{:?} was not sent in {epoch}", flow.key))?;
            let account = accounts.entry(*key).or_default();
            account.add(flow.records.into(), flow.bytes);
        }
    }
    Ok(accounts)
}

/// The name of the key of each block, with its first position and its tick.
pub(crate) fn keys<'a>(blocks: impl IntoIterator<Item = &'a Block>) -> Vec<Keyed> {
    let blocks = blocks.into_iter();
    let keyed = blocks.map(|block| (block.first_seq(), block.tick(), block.key()));
    keyed.collect()
}

/// The lines of a quarantine; none if it was never needed.
pub(crate) fn quarantine(directory: &Path) -> Vec<Value> {
    let path = directory.join("quarantine").join("quarantine.jsonl");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let line = |line: &str| {
        let mut item: Value = serde_json::from_str(line).unwrap();
        item.as_object_mut().unwrap().remove("time_ms");
        item
    };
    text.lines().map(line).collect()
}

/// The accounts of what is in quarantine; blocks there were published all the same.
pub(crate) fn quarantined(lines: &[Value], sent: &Accounts) -> Accounts {
    let mut images = Images::new(sent);
    let mut accounts = Accounts::new();
    for line in lines {
        let count = usize::try_from(line["count"].as_u64().unwrap()).unwrap();
        if line["kind"] == "block" {
            continue;
        }
        let content = line["content"].as_array().unwrap();
        assert_eq!(content.len(), count, "{line}");
        for item in content {
            let key = key_of(item);
            let prepared = line["kind"] == "prepared";
            let key = if prepared { images.original(key) } else { key };
            let number = |name: &str| item[name].as_u64();
            let account = accounts.entry(key).or_default();
            account.add(number("records").unwrap_or(1), number("bytes").unwrap());
        }
    }
    accounts
}

fn key_of(item: &Value) -> FlowKey {
    let number = |name: &str| item[name].as_u64().unwrap();
    let port = |name| u16::try_from(number(name)).unwrap();
    let addr = |name: &str| item[name].as_str().unwrap().parse().unwrap();
    FlowKey {
        src_addr: addr("src_addr"),
        dst_addr: addr("dst_addr"),
        src_port: port("src_port"),
        dst_port: port("dst_port"),
        protocol: u8::try_from(number("protocol")).unwrap(),
    }
}

/// Every stored frame with rows, and the key that the header of its segment names.
pub(crate) fn stored(directory: &Path) -> Result<(Vec<StoredRows>, Vec<Keyed>), String> {
    let mut stream = Stream::new(directory.join("prepared"), 0);
    let (mut frames, mut blocks) = (Vec::new(), Vec::new());
    while let Some(frame) = stream.next_frame().map_err(|error| error.to_string())? {
        if frame.rows > 0 {
            let header = stream.header().ok_or("a frame without a segment")?;
            blocks.push(block_of(&frame, header).map_err(|error| error.to_string())?);
            frames.push(frame);
        }
    }
    Ok((frames, keys(&blocks)))
}

/// The positions that `inner` leaves out of `outer`; both in order.
fn left_out(outer: Range<u64>, inner: impl Iterator<Item = Range<u64>>) -> Vec<Range<u64>> {
    let (mut out, mut next) = (Vec::new(), outer.start);
    for range in inner.chain(std::iter::once(outer.end..outer.end)) {
        if range.start > next {
            out.push(next..range.start);
        }
        next = next.max(range.end);
    }
    out
}

impl Outcome {
    /// What was neither delivered nor put in quarantine, by key.
    fn missing(&self) -> Result<Accounts, String> {
        let mut missing = self.sent.clone();
        for (key, found) in self.delivered.iter().chain(&self.quarantined) {
            let left = missing.get_mut(key).unwrap();
            let less = |a: u64, b| a.checked_sub(b);
            let counts = less(left.records, found.records).zip(less(left.octets, found.octets));
            let (records, octets) = counts.ok_or_else(|| format!("too much of {key:?}"))?;
            *left = Account { records, octets };
        }
        missing.retain(|_, left| *left != Account::default());
        Ok(missing)
    }

    /// The laws that hold in every run.
    ///
    /// Where a stage was given up, its mailbox is closed: what its senders had under way
    /// is in quarantine, and what an Aggregator of a lane held is still told as held. So
    /// the counters balance, no record is anywhere twice, and what is missing belongs to
    /// the flows that are told as held. Where the Quarantine was given up, what it would
    /// have kept is counted all the same.
    pub(crate) fn check(&self) -> Result<(), String> {
        let totals = &self.totals;
        ensure(totals.imbalances().is_empty(), || {
            format!("{:?}", totals.imbalances())
        })?;
        if self.unseen {
            return ensure(self.gave_up.is_some(), || "a burst without a cause".into());
        }
        if !self.quarantine_gave_up() {
            self.check_records()?;
        }
        self.check_stream()?;
        self.check_store()?;
        self.check_reading()
    }

    fn quarantine_gave_up(&self) -> bool {
        let gave_up = |incident: &Incident| matches!(incident, Incident::GaveUp { actor, .. } if *actor == "quarantine");
        self.incidents.iter().any(gave_up)
    }

    fn check_records(&self) -> Result<(), String> {
        let (totals, missing) = (&self.totals, self.missing()?);
        let held = totals.records_held;
        if self.gave_up.is_none() {
            ensure(held == 0, || format!("{held} held after the drain"))?;
        }
        let records: u64 = missing.values().map(|account| account.records).sum();
        let shed = totals.records_shed;
        ensure(
            records >= shed && missing.len() as u64 <= held + shed,
            || format!("{held} held, {shed} shed, and missing are {missing:?}"),
        )?;
        ensure(held > 0 || records == shed, || {
            format!("{shed} shed, and missing are {missing:?}")
        })?;
        let poison = |accounts: &Accounts| {
            let mut keys = accounts.keys();
            keys.any(|key| is_poison(key.dst_addr))
        };
        ensure(!poison(&self.delivered), || "poison was published".into())?;
        let of_kind = |kinds: &[&str]| {
            let lines = self.quarantine.iter();
            let lines = lines.filter(|line| kinds.iter().any(|kind| line["kind"] == *kind));
            lines
                .map(|line| line["count"].as_u64().unwrap())
                .sum::<u64>()
        };
        let found = (of_kind(&["records"]), of_kind(&["flows", "prepared"]));
        let counted = (totals.records_quarantined, totals.flows_quarantined);
        ensure(found == counted, || {
            format!("{found:?} in quarantine, {counted:?} counted")
        })
    }

    /// Positions are dense, ticks in order, and the counters say what was published.
    fn check_stream(&self) -> Result<(), String> {
        let mut next = (0, i64::MIN);
        for (tick, Rows { seqs, csv }) in &self.published {
            let lines = csv.iter().filter(|octet| **octet == b'\n').count() as u64;
            let whole = lines == seqs.end - seqs.start && lines > 0;
            let follows = seqs.start == next.0 && *tick >= next.1;
            ensure(whole && follows, || format!("{seqs:?} at {tick}, {next:?}"))?;
            next = (seqs.end, *tick);
        }
        let (totals, published) = (&self.totals, next.0);
        ensure(totals.flows_published == published, || {
            format!("{published} published, {} counted", totals.flows_published)
        })?;
        let written = totals.flows_recorded + totals.flows_not_recorded;
        ensure(written == published, || {
            format!("{published} published, {written} recorded or not")
        })
    }

    /// How many epochs of keys there are in the stream.
    pub(crate) fn epochs(&self) -> usize {
        let epochs = self.keys[0]
            .iter()
            .map(|(.., name)| name.and_then(|name| name.epoch));
        epochs.collect::<BTreeSet<_>>().len()
    }

    /// Where nobody falls, the key of a flow is that of the tick it leaves at.
    pub(crate) fn check_epochs(&self) -> Result<(), String> {
        let mut published = self.keys[0].iter();
        let wrong = published.find(|(_, tick, name)| {
            let epoch = name.and_then(|name| name.epoch);
            epoch != EPOCHS.of(*tick) || name.map(|name| name.id) != Some(key().id())
        });
        ensure(wrong.is_none(), || format!("{wrong:?} is not of its epoch"))
    }

    /// What is stored is what was published, as many flows as were counted.
    fn check_store(&self) -> Result<(), String> {
        for frame in &self.stored {
            let rows = Rows {
                seqs: frame.first_seq..frame.first_seq + u64::from(frame.rows),
                csv: frame.payload.clone(),
            };
            let same = |(tick, published): &(i64, Rows)| {
                *published == rows && tick * 1_000 == frame.time_ms
            };
            ensure(self.published.iter().any(same), || {
                format!("{:?} stored and not published so", rows.seqs)
            })?;
        }
        let [published, stored] = &self.keys;
        let elsewhere = stored.iter().find(|keyed| !published.contains(keyed));
        ensure(elsewhere.is_none(), || {
            format!("{elsewhere:?} stored and not published under that key")
        })?;
        let rows: u64 = self.stored.iter().map(|frame| u64::from(frame.rows)).sum();
        ensure(rows == self.totals.flows_recorded, || {
            format!("{rows} stored, {} recorded", self.totals.flows_recorded)
        })
    }

    /// What the reader got and what it missed make up the stream, and it missed nothing
    /// that was stored.
    fn check_reading(&self) -> Result<(), String> {
        let Reading { rows, gaps, .. } = &self.reading;
        let whole = 0..self.totals.flows_published;
        let got = || rows.iter().map(|rows| rows.seqs.clone());
        let dense = got().zip(got().skip(1)).all(|(a, b)| a.end <= b.start);
        ensure(dense && left_out(whole.clone(), got()) == *gaps, || {
            format!("got {:?}, gaps {gaps:?}", got().collect::<Vec<_>>())
        })?;
        let stored = self.stored.iter();
        let stored = stored.map(|frame| frame.first_seq..frame.first_seq + u64::from(frame.rows));
        let not_stored = left_out(whole, stored);
        for gap in gaps {
            let lost = not_stored
                .iter()
                .any(|lost| lost.start <= gap.start && gap.end <= lost.end);
            ensure(lost, || {
                format!("missed {gap:?}, stored except {not_stored:?}")
            })?;
        }
        let text = |rows: &[Rows]| rows.iter().flat_map(|rows| rows.csv.clone()).collect();
        let published: Vec<u8> = self
            .published
            .iter()
            .flat_map(|(_, r)| r.csv.clone())
            .collect();
        let got: Vec<u8> = text(rows);
        ensure(!gaps.is_empty() || got == published, || {
            "the reader got other rows than were published".into()
        })
    }
}
