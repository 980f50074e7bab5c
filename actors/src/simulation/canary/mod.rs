//! Canaries through the whole pipeline while its Anonymizer panics all the time: addresses
//! with a pattern, and panics that say them.

mod house;
mod log;
#[path = "../../../../tests/support/canary/mod.rs"]
mod search;

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use flow::EnrichedFlow;

use super::fault;
use super::outcome::{quarantine, stored};
use house::{House, Left};
use search::traffic;

/// A flow to this port is poison: the Anonymizer panics on it, and says it.
const POISON: u16 = 50_001;
/// With a flow to this port in its batch, the Anonymizer falls, and says it.
const DOWN: u16 = 50_002;

/// Panics so far.
static PANICS: AtomicUsize = AtomicUsize::new(0);

fn is_canary_to(port: u16) -> impl Fn(&&EnrichedFlow) -> bool {
    let IpAddr::V4(canary) = IpAddr::from(traffic::src_v4(0)) else {
        unreachable!("it is one");
    };
    let network = canary.to_bits() >> 8;
    move |flow| {
        let key = &flow.flow.key;
        let IpAddr::V4(addr) = key.src_addr else {
            return false;
        };
        key.dst_port == port && addr.to_bits() >> 8 == network
    }
}

fn panic_on(flow: Option<&EnrichedFlow>, place: &str) {
    if let Some(flow) = flow {
        PANICS.fetch_add(1, SeqCst);
        fault::fall("anonymizer", &format!("{place}: {flow:?}"));
    }
}

/// Stands where a batch is anonymized, within the guard.
pub(crate) fn poison_wire(flows: &[EnrichedFlow]) {
    panic_on(flows.iter().find(is_canary_to(POISON)), "on poison");
}

/// Stands at the beginning of the Anonymizer's handler.
pub(crate) fn fall_wire(flows: &[EnrichedFlow]) {
    panic_on(flows.iter().find(is_canary_to(DOWN)), "with a batch");
}

/// How many flows of each kind there are at once.
const GOOD: u16 = 600;
const POISONED: u16 = 1_000;
/// How often it falls, each time with 30 flows.
const FALLS: u16 = 4;

#[test]
fn no_canary_leaves_while_the_anonymizer_panics_a_thousand_times() {
    fault::quiet();
    let mut canaries = traffic::canaries();
    // As panics write them, too.
    canaries.add_name("anonymizer fell");
    let log = log::listen();
    let house = House::open("canary", 1_000);
    house.send_all_protocols();
    house.send_to(53, 100..100 + GOOD);
    house.send_to(POISON, 0..POISONED);
    let (good, poisoned) = (u64::from(GOOD), u64::from(POISONED));
    let first = good + traffic::FLOWS_OF_ALL as u64;
    house.wait_for(|now| (now.flows_published, now.flows_quarantined) == (first, poisoned));
    let tried = PANICS.load(SeqCst);
    assert!(tried >= usize::from(POISONED), "{tried} panics");
    for fall in 1..=FALLS {
        house.send_to(DOWN, 30 * (fall - 1)..30 * fall);
        let lost = poisoned + u64::from(30 * fall);
        house.wait_for(|now| now.flows_quarantined == lost);
    }
    house.send_to(53, 10_000..10_000 + GOOD);
    let Left {
        outputs,
        totals,
        directory,
    } = house.close();
    assert_eq!(totals.imbalances(), []);
    assert_eq!(totals.flows_published, first + good);
    let lost = poisoned + u64::from(30 * FALLS);
    assert_eq!(totals.flows_quarantined, lost);
    assert!(totals.falls >= u64::from(FALLS));
    let log = log.text();
    for line in [
        "quarantined",
        "fell; it keeps its mailbox",
        "a panic at actors/src/simulation",
    ] {
        assert!(log.contains(line), "no `{line}` in the log");
    }
    let (panics, falls) = (PANICS.load(SeqCst), totals.falls);
    println!("{panics} panics, {falls} of them falls");

    let mut all = vec![("log".to_owned(), log.into_bytes())];
    all.extend(outputs);
    for frame in stored(directory.path()).unwrap().0 {
        all.push(("dataset".to_owned(), frame.payload));
    }
    for (name, output) in &all {
        assert!(!output.is_empty(), "{name}");
        assert_eq!(canaries.find(output), None, "{name}");
    }

    // The search is for what was there: it finds it where it is kept.
    let kept = quarantine(directory.path());
    let kept = kept.iter().map(ToString::to_string).collect::<String>();
    assert!(kept.contains("anonymizer fell on poison: EnrichedFlow"));
    assert!(canaries.find(kept.as_bytes()).is_some());
    // Flows have no MAC addresses, so not even there.
    assert_eq!(traffic::macs().find(kept.as_bytes()), None);
    house::assert_private(&directory.path().join("quarantine"));
    house::assert_private(&directory.path().join("raw"));
}
