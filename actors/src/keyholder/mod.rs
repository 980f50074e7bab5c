//! The Keyholder: has another master key take the place of the one in use.
//!
//! When it is told to, it reads the key again on a thread of its own. A key with another
//! name goes to the Receiver, which has it count from its next tick on, for all lanes at
//! once. What is no key, or one that others may read, is said and counted, and the one in
//! use stays.
//!
//! Once a second it looks whether the key in use is still where it was, and nobody else's to
//! read. If not, it shuts the gate: nothing leaves until it is.

mod watch;

use std::error::Error;
use std::panic::RefUnwindSafe;
use std::sync::Arc;

use actix::prelude::*;
use mediation::anonymize::{Key, KeyId};
use tracing::{error, info};

use crate::accounting::Accounting;
use crate::aside::aside;
use crate::gate::Gate;
use crate::message::{AdoptKey, Adopted, Reload};
use watch::Watch;

/// The name in logs.
pub const NAME: &str = "keyholder";

/// Why a key cannot be read.
pub type KeySourceError = Box<dyn Error + Send + Sync>;

/// Where the master key is. Reading may take its time. `RefUnwindSafe`, since a panic in it
/// must leave it usable.
pub trait KeySource: Send + Sync + RefUnwindSafe {
    /// Reads the key as it is there now.
    ///
    /// # Errors
    /// What is wrong with it, and what to do; never anything of what was read.
    fn read(&self) -> Result<Key, KeySourceError>;
}

/// Has another master key take the place of the one in use.
pub struct Keyholder {
    source: Arc<dyn KeySource>,
    /// The name of the key in use.
    in_use: KeyId,
    /// None in a replay: it uses one key.
    receiver: Option<Recipient<AdoptKey>>,
    /// Whether a key is being read or adopted.
    busy: bool,
    /// Whether to read once that is done.
    again: bool,
    watch: Watch,
    accounting: Arc<Accounting>,
}

impl Keyholder {
    /// A Keyholder who has what is read take the place of the key in use, where there is a
    /// `receiver` of keys, and shuts the gate while that is missing.
    #[must_use]
    pub fn new(
        source: Arc<dyn KeySource>,
        in_use: KeyId,
        receiver: Option<Recipient<AdoptKey>>,
        gate: Gate,
        accounting: Arc<Accounting>,
    ) -> Self {
        let watch = Watch::new(gate, Arc::clone(&accounting));
        Self {
            source,
            in_use,
            receiver,
            busy: false,
            again: false,
            watch,
            accounting,
        }
    }

    /// Reads the key on another thread, unless that is under way.
    fn read(&mut self, ctx: &mut Context<Self>) {
        if self.busy || !std::mem::take(&mut self.again) {
            return;
        }
        self.busy = true;
        let source = Arc::clone(&self.source);
        let read = aside(NAME, move || source.read());
        let adopted = read.into_actor(self).then(|read, keyholder, _| {
            let read = read.unwrap_or_else(|fault| Err(fault.to_string().into()));
            keyholder.adopt(read)
        });
        ctx.spawn(adopted.map(|(), keyholder, ctx| {
            keyholder.busy = false;
            keyholder.read(ctx);
        }));
    }

    /// Sees on another thread whether the key in use is still there. While a key is being
    /// read, nothing else is; if that takes too long, there is none.
    fn look(&mut self, ctx: &mut Context<Self>) {
        if self.busy {
            return self.watch.is_late(self.in_use);
        }
        self.busy = true;
        let source = Arc::clone(&self.source);
        let read = aside(NAME, move || source.read().map(|key| key.id()));
        let seen = read.into_actor(self).map(|read, keyholder, ctx| {
            let read = read.unwrap_or_else(|fault| Err(fault.to_string().into()));
            keyholder.watch.saw(read, keyholder.in_use);
            keyholder.busy = false;
            keyholder.read(ctx);
        });
        ctx.spawn(seen);
    }

    /// Has a key take the place of the one in use, unless it is the same.
    fn adopt(
        &self,
        read: Result<Key, KeySourceError>,
    ) -> std::pin::Pin<Box<dyn ActorFuture<Self, Output = ()>>> {
        let key = match read {
            Ok(key) if key.id() == self.in_use => {
                info!(key_id = %self.in_use, "the anonymization key is the same as before");
                return Box::pin(fut::ready(()));
            }
            Ok(key) => key,
            Err(error) => {
                self.accounting.keys_refused.add(1);
                error!(
                    %error, key_id = %self.in_use,
                    "the anonymization key is not changed; the one in use stays"
                );
                return Box::pin(fut::ready(()));
            }
        };
        let Some(receiver) = &self.receiver else {
            return Box::pin(fut::ready(()));
        };
        let id = key.id();
        let told = receiver.send(AdoptKey(Arc::new(key))).into_actor(self);
        Box::pin(told.map(move |answer, keyholder, _| match answer {
            Ok(Adopted(from)) => {
                let before = std::mem::replace(&mut keyholder.in_use, id);
                keyholder.accounting.keys_changed.add(1);
                let from = from.map(flow::Tick::secs);
                info!(
                    key_id = %id, %before, from,
                    "another anonymization key is in use, from that second on"
                );
            }
            Err(_) => {
                keyholder.accounting.keys_refused.add(1);
                error!("the anonymization key is not changed; send SIGHUP again");
            }
        }))
    }
}

impl Actor for Keyholder {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        // Whatever was under way ended with a fall.
        self.busy = false;
        self.read(ctx);
        ctx.run_interval(watch::LOOK, Self::look);
    }
}

impl Supervised for Keyholder {}

impl Handler<Reload> for Keyholder {
    type Result = ();

    fn handle(&mut self, _: Reload, ctx: &mut Context<Self>) {
        self.again = true;
        self.read(ctx);
    }
}

#[cfg(test)]
mod tests;
