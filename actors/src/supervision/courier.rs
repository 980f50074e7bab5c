//! Custody: a batch belongs to its sender until the receiver has answered for it.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use actix::prelude::*;
use tokio::sync::Notify;

use super::Fault;
use crate::message::Custody;
use crate::quarantine::Bin;

/// Carries batches from one stage to the next, a bounded number of them at a time.
///
/// Each delivery is a task of its own: actix cancels a message whose sender stops waiting
/// for the answer, so a delivery that lived in the sending actor would lose its batch
/// without a trace if that actor fell. A receiver that fell while it held a batch gives
/// no answer, and the batch goes to quarantine.
pub struct Courier<M: Message<Result = ()> + Send + 'static> {
    stage: &'static str,
    next: Recipient<M>,
    bin: Bin,
    window: usize,
    under_way: Rc<UnderWay>,
}

#[derive(Default)]
struct UnderWay {
    count: Cell<usize>,
    landed: Notify,
}

/// What a sender waits for before it takes its next message; `None` if there is room for
/// another batch at once.
pub type HandOver = Option<Pin<Box<dyn Future<Output = ()>>>>;

impl<M: Message<Result = ()> + Send + 'static> Courier<M> {
    /// A courier of `stage` to `next` with at most `window` batches unanswered; at least 1.
    #[must_use]
    pub fn new(stage: &'static str, next: Recipient<M>, bin: Bin, window: usize) -> Self {
        Self {
            stage,
            next,
            bin,
            window: window.max(1),
            under_way: Rc::default(),
        }
    }

    /// Hands `message` over. What `custody` holds goes to quarantine if there is no answer.
    ///
    /// The message is queued at once, so messages keep their order, also those of several
    /// couriers to one stage. Wait for what comes
    /// back, with `ctx.wait`, before the next: that is the whole of the backpressure.
    #[must_use]
    pub fn hand_over(&self, message: M, custody: Custody) -> HandOver {
        let sent = send(&self.next, message);
        let (stage, bin, under_way) = (self.stage, self.bin.clone(), Rc::clone(&self.under_way));
        under_way.count.set(under_way.count.get() + 1);
        actix::spawn(async move {
            if let Err(error) = sent.await {
                let fault = Fault::new(format!("the next stage fell with this batch: {error}"));
                bin.put(stage, fault, custody);
            }
            under_way.count.set(under_way.count.get() - 1);
            under_way.landed.notify_waiters();
        });
        self.until_under(self.window)
    }

    /// Whether another batch may follow at once.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.under_way.count.get() < self.window
    }

    /// What to wait for until every batch was answered for.
    #[must_use]
    pub fn all_landed(&self) -> HandOver {
        self.until_under(1)
    }

    /// The answer to a barrier: it comes when every batch was answered for. It does not
    /// hang on the actor, so a fall meanwhile does not bring it forward.
    #[must_use]
    pub fn barrier(&self) -> ResponseFuture<()> {
        let landed = self.all_landed();
        Box::pin(async move {
            if let Some(landed) = landed {
                landed.await;
            }
        })
    }

    fn until_under(&self, limit: usize) -> HandOver {
        if self.under_way.count.get() < limit {
            return None;
        }
        let under_way = Rc::clone(&self.under_way);
        Some(Box::pin(async move {
            while under_way.count.get() >= limit {
                under_way.landed.notified().await;
            }
        }))
    }
}

/// Queues a message at once, however full the mailbox is. What has sent beyond its room is
/// parked, and what it sends then is queued only when the answer is first asked for, behind
/// what others sent meanwhile. A handle that has sent nothing yet is not.
fn send<M>(next: &Recipient<M>, message: M) -> RecipientRequest<M>
where
    M: Message<Result: Send> + Send + 'static,
{
    next.clone().send(message)
}

/// Hands one message over and gives the answer to it; `None` if the receiver fell with
/// it, and then what `custody` holds goes to quarantine. As with a [`Courier`], the
/// delivery is a task of its own, so that whoever asks may fall meanwhile.
pub async fn ask<M>(
    stage: &'static str,
    next: &Recipient<M>,
    bin: &Bin,
    message: M,
    custody: Custody,
) -> Option<M::Result>
where
    M: Message<Result: Send> + Send + 'static,
{
    let (sent, bin) = (send(next, message), bin.clone());
    let (told, answer) = tokio::sync::oneshot::channel();
    actix::spawn(async move {
        match sent.await {
            Ok(answer) => drop(told.send(answer)),
            Err(error) => {
                let fault = Fault::new(format!("the next stage fell with this batch: {error}"));
                bin.put(stage, fault, custody);
            }
        }
    });
    answer.await.ok()
}
