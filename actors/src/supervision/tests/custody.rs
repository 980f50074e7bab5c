//! A batch belongs to its sender until the receiver has answered for it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Poll};
use std::time::Duration;

use actix::prelude::*;
use tokio::time::sleep;

use crate::accounting::Accounting;
use crate::message::Custody;
use crate::quarantine::{Bin, Quarantined};
use crate::sample;
use crate::simulation::collector::{Seen, collector, tell};
use crate::simulation::{POLICY, fall, paused};
use crate::supervision::{Courier, Incident, Policy, supervise};
use crate::wait::Wait;

/// A numbered batch.
#[derive(Message)]
#[rtype(result = "()")]
struct Batch(u16);

fn custody(number: u16) -> Custody {
    Custody::Originals(Arc::new(vec![sample::record(number, 0)]))
}

/// The numbers in quarantine.
fn numbers(quarantined: &Seen<Quarantined>) -> Vec<u16> {
    let port = |item: &Quarantined| match &item.custody {
        Custody::Originals(flows) => flows[0].key.src_port,
        other => panic!("{other:?}"),
    };
    quarantined.lock().unwrap().iter().map(port).collect()
}

fn bin() -> (Bin, Seen<Quarantined>, Arc<Accounting>) {
    let (quarantine, quarantined) = collector();
    let accounting = Arc::new(Accounting::default());
    (
        Bin::new(quarantine, Arc::clone(&accounting)),
        quarantined,
        accounting,
    )
}

/// Takes 10 ms for each batch and falls with some.
struct Next {
    taken: Seen<u16>,
    falls_with: Vec<u16>,
}

impl Actor for Next {
    type Context = Context<Self>;
}

impl Supervised for Next {}

impl Handler<Batch> for Next {
    type Result = AtomicResponse<Self, ()>;

    fn handle(&mut self, Batch(number): Batch, _: &mut Context<Self>) -> Self::Result {
        if self.falls_with.contains(&number) {
            fall("next", "with a batch");
        }
        let taken = Arc::clone(&self.taken);
        let work = sleep(Duration::from_millis(10)).into_actor(self);
        AtomicResponse::new(Box::pin(work.map(move |(), _, _| {
            taken.lock().unwrap().push(number);
        })))
    }
}

fn next(policy: Policy, falls_with: &[u16]) -> (Addr<Next>, Seen<u16>) {
    let (overseer, _) = collector::<Incident>();
    let taken = Seen::default();
    let next = Next {
        taken: Arc::clone(&taken),
        falls_with: falls_with.to_vec(),
    };
    let here = Arbiter::current();
    (supervise("next", policy, overseer, &here, |_| next), taken)
}

/// Hands batches `1..=count` over one after the other.
async fn hand_over_all(courier: &Courier<Batch>, count: u16, mut after_each: impl FnMut(u16)) {
    for number in 1..=count {
        if let Some(landed) = courier.hand_over(Batch(number), custody(number)) {
            landed.await;
        }
        after_each(number);
    }
    if let Some(landed) = courier.all_landed() {
        landed.await;
    }
}

#[test]
fn order_is_kept_and_the_window_respected() {
    paused(async {
        for window in [1_u16, 2, 8] {
            let ((next, taken), (bin, quarantined, _)) = (next(POLICY, &[]), bin());
            let courier = Courier::new("test", next.recipient(), bin, window.into());
            let answered = Arc::clone(&taken);
            let mut most = 0;
            hand_over_all(&courier, 100, |sent| {
                let answered = u16::try_from(answered.lock().unwrap().len()).unwrap();
                most = most.max(sent - answered);
            })
            .await;
            assert_eq!(*taken.lock().unwrap(), (1..=100).collect::<Vec<_>>());
            assert_eq!(most, window - 1, "unanswered when the next may follow");
            assert!(quarantined.lock().unwrap().is_empty());
        }
    });
}

#[test]
fn what_several_couriers_hand_over_at_once_keeps_its_order_beyond_the_room_of_the_mailbox() {
    paused(async {
        let ((next, taken), (bin, ..)) = (next(POLICY, &[]), bin());
        let couriers = [0; 3].map(|_| {
            let next = next.clone().recipient();
            Courier::new("test", next, bin.clone(), 1_000)
        });
        let count = 5 * u16::try_from(POLICY.mailbox).unwrap();
        for number in 1..=count {
            // Most of them over one, and now and then one over another.
            let courier = &couriers[usize::from(number % 20 / 9)];
            assert!(courier.hand_over(Batch(number), custody(number)).is_none());
        }
        for courier in couriers {
            if let Some(landed) = courier.all_landed() {
                landed.await;
            }
        }
        assert_eq!(*taken.lock().unwrap(), (1..=count).collect::<Vec<_>>());
    });
}

#[test]
fn a_batch_whose_receiver_fell_is_in_quarantine_and_no_other() {
    paused(async {
        let ((next, taken), (bin, quarantined, accounting)) = (next(POLICY, &[4, 9]), bin());
        let courier = Courier::new("test", next.recipient(), bin, 3);
        hand_over_all(&courier, 12, |_| {}).await;
        sleep(Duration::from_millis(1)).await;
        assert_eq!(numbers(&quarantined), [4, 9]);
        assert_eq!(*taken.lock().unwrap(), [1, 2, 3, 5, 6, 7, 8, 10, 11, 12]);
        assert_eq!(accounting.records_quarantined.get(), 2);
        let item = quarantined.lock().unwrap()[0].clone();
        assert_eq!(item.stage, "test");
        assert!(
            item.fault.to_string().contains("the next stage fell"),
            "{}",
            item.fault
        );
    });
}

#[test]
fn once_the_receiver_is_given_up_every_batch_for_it_is_in_quarantine() {
    paused(async {
        let policy = Policy {
            falls_max: 1,
            ..POLICY
        };
        let ((next, taken), (bin, quarantined, _)) = (next(policy, &[2, 5]), bin());
        let courier = Courier::new("test", next.recipient(), bin, 4);
        hand_over_all(&courier, 20, |_| {}).await;
        sleep(Duration::from_millis(1)).await;
        assert_eq!(*taken.lock().unwrap(), [1, 3, 4]);
        let mut lost = numbers(&quarantined);
        lost.sort_unstable();
        let expected: Vec<u16> = [2].into_iter().chain(5..=20).collect();
        assert_eq!(
            lost, expected,
            "each once, those that waited in its mailbox too"
        );
    });
}

#[test]
fn what_holds_nothing_leaves_nothing_in_quarantine() {
    paused(async {
        let ((next, _), (bin, quarantined, accounting)) = (next(POLICY, &[1]), bin());
        let courier = Courier::new("test", next.recipient(), bin, 1);
        drop(courier.hand_over(Batch(1), Custody::Nothing));
        if let Some(landed) = courier.all_landed() {
            landed.await;
        }
        sleep(Duration::from_millis(1)).await;
        assert!(quarantined.lock().unwrap().is_empty());
        assert_eq!(accounting.totals(), crate::accounting::Totals::default());
    });
}

/// Hands each batch on, and falls in the very poll in which it has queued it.
struct Sender {
    courier: Courier<Batch>,
    falls_after: u16,
    falls_now: bool,
}

/// What an actor has besides its mailbox, such as a timer that is due.
struct Timer;

impl ActorFuture<Sender> for Timer {
    type Output = ();

    fn poll(
        self: Pin<&mut Self>,
        sender: &mut Sender,
        _: &mut Context<Sender>,
        _: &mut task::Context<'_>,
    ) -> Poll<()> {
        if std::mem::take(&mut sender.falls_now) {
            fall("sender", "with a batch under way");
        }
        Poll::Pending
    }
}

impl Actor for Sender {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.spawn(Timer);
    }
}

impl Supervised for Sender {}

impl Handler<Batch> for Sender {
    type Result = ();

    fn handle(&mut self, Batch(number): Batch, ctx: &mut Context<Self>) {
        ctx.hold(self.courier.hand_over(Batch(number), custody(number)));
        self.falls_now = number.is_multiple_of(self.falls_after);
    }
}

#[test]
fn a_sender_that_falls_while_its_batch_is_under_way_loses_nothing() {
    paused(async {
        for falls_after in [1, 3, 7] {
            let policy = Policy {
                falls_max: 1_000,
                ..POLICY
            };
            let ((next, taken), (bin, quarantined, _)) = (next(policy, &[10, 21]), bin());
            let (overseer, incidents) = collector();
            let here = Arbiter::current();
            let sender = supervise("sender", policy, overseer, &here, move |_| Sender {
                courier: Courier::new("sender", next.recipient(), bin, 1),
                falls_after,
                falls_now: false,
            });
            for number in 1..=60 {
                tell(&sender, Batch(number));
            }
            sleep(Duration::from_secs(3_600)).await;
            let (taken, lost) = (taken.lock().unwrap().clone(), numbers(&quarantined));
            assert_eq!(lost, [10, 21]);
            assert!(taken.is_sorted(), "{taken:?}");
            assert_eq!(taken.len() + lost.len(), 60);
            let falls = incidents.lock().unwrap().len();
            assert_eq!(falls, usize::from(60 / falls_after));
        }
    });
}
