//! What becomes of keys that are read again.

use std::sync::Mutex;
use std::time::Duration;

use flow::Tick;
use tokio::time::{Instant, sleep};

use super::*;

/// What is there in the place of a key.
#[derive(Clone, Copy)]
enum There {
    Key(u8),
    Nothing,
    Panic,
}

struct Place(Mutex<There>);

impl KeySource for Place {
    fn read(&self) -> Result<Key, KeySourceError> {
        let there = *self.0.lock().unwrap();
        match there {
            There::Key(octet) => Ok(key(octet)),
            There::Panic => panic!("staged: a key cannot be read"),
            There::Nothing => Err("no such file".into()),
        }
    }
}

fn key(octet: u8) -> Key {
    Key::from_octets(&[octet; Key::LEN]).unwrap()
}

/// With this one, who takes keys is gone.
const LAST: u8 = 99;

/// Takes keys in the place of a Receiver.
struct Taker(Arc<Mutex<Vec<KeyId>>>);

impl Actor for Taker {
    type Context = Context<Self>;
}

impl Handler<AdoptKey> for Taker {
    type Result = Adopted;

    fn handle(&mut self, AdoptKey(taken): AdoptKey, ctx: &mut Context<Self>) -> Adopted {
        self.0.lock().unwrap().push(taken.id());
        if taken.id() == key(LAST).id() {
            ctx.stop();
        }
        Adopted(Some(Tick::from_secs(7)))
    }
}

/// Puts one after the other in the place of key 1, which is in use, and has it read, each of
/// which is counted; gives the keys that were taken, and how many were counted as changed and
/// as refused.
fn read_each(places: &[There]) -> (Vec<KeyId>, [u64; 2]) {
    System::new().block_on(async move {
        let (taken, accounting) = (Arc::default(), Arc::new(Accounting::default()));
        let receiver = Taker(Arc::clone(&taken)).start().recipient();
        let place = Arc::new(Place(Mutex::new(There::Key(1))));
        let (source, counts) = (Arc::clone(&place), Arc::clone(&accounting));
        let gate = Gate::default();
        let holder = Keyholder::new(source, key(1).id(), Some(receiver), gate, counts).start();
        let counted = || accounting.keys_changed.get() + accounting.keys_refused.get();
        let begun = Instant::now();
        for (number, there) in (1..).zip(places) {
            *place.0.lock().unwrap() = *there;
            holder.send(Reload).await.unwrap();
            while counted() < number {
                assert!(begun.elapsed().as_secs() < 30, "{number} is not counted");
                sleep(Duration::from_millis(1)).await;
            }
        }
        let taken = taken.lock().unwrap().clone();
        let totals = accounting.totals();
        (taken, [totals.keys_changed, totals.keys_refused])
    })
}

fn ids(octets: &[u8]) -> Vec<KeyId> {
    octets.iter().map(|&octet| key(octet).id()).collect()
}

#[test]
fn each_other_key_is_handed_over_once() {
    let places = [There::Key(2), There::Key(1), There::Key(3)];
    assert_eq!(read_each(&places), (ids(&[2, 1, 3]), [3, 0]));
}

#[test]
fn what_cannot_be_read_changes_nothing_and_the_next_key_is_taken() {
    let places = [There::Nothing, There::Panic, There::Key(2), There::Nothing];
    assert_eq!(read_each(&places), (ids(&[2]), [1, 3]));
}

#[test]
fn a_key_that_nobody_takes_is_counted_as_refused() {
    let places = [There::Key(LAST), There::Key(2), There::Key(3)];
    assert_eq!(read_each(&places), (ids(&[LAST]), [1, 2]));
}
