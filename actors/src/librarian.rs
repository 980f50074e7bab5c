//! The Librarian: has newer databases take the place of those in use.
//!
//! It looks at the files now and then, and when it is told to; and now and then it has
//! what is missing or too old fetched, which changes the files. What has changed is opened
//! on a thread of its own, so that nothing waits for it; then the Receiver is told, which
//! has it count from its next tick on, for all lanes at once. What cannot be opened is
//! said and counted, and what is in use stays.

mod stamps;

use std::error::Error;
use std::panic::RefUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use serde_json::Value;
use tracing::{error, info};

use crate::accounting::Accounting;
use crate::aside::aside;
use crate::edition::Edition;
use crate::message::{Adopt, Adopted, Reload};
use stamps::Stamps;

/// The name in logs.
pub const NAME: &str = "librarian";

/// Why an edition is not to be had.
pub type LibraryError = Box<dyn Error + Send + Sync>;

/// Where editions come from. All of it may take its time. `RefUnwindSafe`, since a panic
/// in it must leave it usable.
pub trait Library: Send + Sync + RefUnwindSafe {
    /// The files that the current edition is opened from, there or not.
    fn files(&self) -> Vec<PathBuf>;

    /// Opens the files as they are now.
    ///
    /// # Errors
    /// What is wrong with which file.
    fn open(&self) -> Result<Edition, LibraryError>;

    /// Fetches what is missing or too old, and builds the files anew of it; what is there
    /// stays until then. What cannot be had is said in the log, by it.
    fn update(&self) -> Update;

    /// How long ago the oldest source of the files was the newest to be had; `None` where
    /// there is none.
    fn age(&self) -> Option<Duration>;

    /// Opens an edition that was in use once, by what it was made of.
    ///
    /// # Errors
    /// What of it is not to be had any more, and what to do.
    fn reopen(&self, made_of: &Value) -> Result<Edition, LibraryError>;
}

/// What came of an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Update {
    /// Whether the files are others now.
    pub is_new: bool,
    /// Sources that could not be had, or 1 if the files could not be built.
    pub failed: usize,
}

/// How often a Librarian does what it does; zero for never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rounds {
    /// How often the files are looked at.
    pub look: Duration,
    /// How often it is seen whether something is to be fetched. The first time is at once.
    pub update: Duration,
}

/// The databases that a pipeline begins with, and where others come from.
#[derive(Clone)]
pub struct Stock {
    /// Where others come from.
    pub library: Arc<dyn Library>,
    /// The edition in use.
    pub edition: Arc<Edition>,
    /// How the files looked before they were opened: what changed since is seen at the
    /// next look.
    seen: Stamps,
}

impl Stock {
    /// Opens the files of a library as they are now.
    ///
    /// # Errors
    /// What is wrong with which file.
    pub fn open(library: Arc<dyn Library>) -> Result<Self, LibraryError> {
        let seen = Stamps::of(&library.files());
        let edition = Arc::new(library.open()?);
        Ok(Self {
            library,
            edition,
            seen,
        })
    }

    /// Nothing yet: each edition is opened where the dataset that is replayed names it.
    #[must_use]
    pub fn as_recorded(library: Arc<dyn Library>) -> Self {
        Self {
            library,
            edition: Arc::new(Edition::unknown()),
            seen: Stamps::default(),
        }
    }
}

/// What came of opening the files.
struct Opened {
    /// How they looked before.
    stamps: Stamps,
    edition: Result<Edition, LibraryError>,
}

/// Has newer databases take the place of those in use.
pub struct Librarian {
    library: Arc<dyn Library>,
    receiver: Recipient<Adopt>,
    rounds: Rounds,
    /// What the edition in use was made of.
    in_use: Value,
    /// How the files looked when they were last opened, with or without success.
    seen: Stamps,
    /// How they looked at the last look, if not as when they were opened.
    changing: Option<Stamps>,
    /// Whether a look or an opening is under way.
    busy: bool,
    /// Whether to open once that is done.
    again: bool,
    /// Whether something is being fetched.
    updating: bool,
    /// The age that was told, in seconds.
    age: u64,
    accounting: Arc<Accounting>,
}

impl Librarian {
    /// A Librarian who has what is new take the place of what is in stock.
    #[must_use]
    pub fn new(
        stock: Stock,
        receiver: Recipient<Adopt>,
        rounds: Rounds,
        accounting: Arc<Accounting>,
    ) -> Self {
        Self {
            library: stock.library,
            receiver,
            rounds,
            in_use: stock.edition.made_of().clone(),
            seen: stock.seen,
            changing: None,
            busy: false,
            again: false,
            updating: false,
            age: 0,
            accounting,
        }
    }

    /// Looks at the files on another thread.
    fn look(&mut self, ctx: &mut Context<Self>) {
        if std::mem::replace(&mut self.busy, true) {
            return;
        }
        let library = Arc::clone(&self.library);
        let looked = aside(NAME, move || (Stamps::of(&library.files()), library.age()));
        ctx.spawn(looked.into_actor(self).map(|looked, librarian, ctx| {
            librarian.busy = false;
            match looked {
                Ok((stamps, age)) => {
                    librarian.tell_age(age);
                    librarian.looked(stamps, ctx);
                }
                Err(fault) => error!(%fault, "the databases cannot be looked at"),
            }
            librarian.open_again(ctx);
        }));
    }

    /// Has what is due fetched on another thread. Looking and opening go on meanwhile.
    fn update(&mut self, ctx: &mut Context<Self>) {
        if std::mem::replace(&mut self.updating, true) {
            return;
        }
        let library = Arc::clone(&self.library);
        let updated = aside(NAME, move || (library.update(), library.age()));
        ctx.spawn(updated.into_actor(self).map(|updated, librarian, ctx| {
            librarian.updating = false;
            match updated {
                Ok((update, age)) => librarian.updated(update, age, ctx),
                Err(fault) => error!(%fault, "the databases cannot be updated"),
            }
        }));
    }

    fn updated(&mut self, update: Update, age: Option<Duration>, ctx: &mut Context<Self>) {
        self.tell_age(age);
        self.accounting.databases_not_fetched.add_len(update.failed);
        if update.is_new {
            self.again = true;
            self.open_again(ctx);
        }
    }

    fn tell_age(&mut self, age: Option<Duration>) {
        let now = age.map_or(0, |age| age.as_secs());
        let told = std::mem::replace(&mut self.age, now);
        self.accounting.databases_age_s.shift(told, now);
    }

    /// Files that changed are opened once they look the same twice: somebody may still be
    /// writing to them.
    fn looked(&mut self, stamps: Stamps, ctx: &mut Context<Self>) {
        if stamps == self.seen {
            self.changing = None;
        } else if self.changing.as_ref() == Some(&stamps) {
            info!("a database has changed");
            self.open(ctx);
        } else {
            self.changing = Some(stamps);
        }
    }

    fn open_again(&mut self, ctx: &mut Context<Self>) {
        if !self.busy && std::mem::take(&mut self.again) {
            self.open(ctx);
        }
    }

    /// Opens the files on another thread.
    fn open(&mut self, ctx: &mut Context<Self>) {
        self.busy = true;
        let library = Arc::clone(&self.library);
        let opened = aside(NAME, move || {
            let stamps = Stamps::of(&library.files());
            let edition = library.open();
            Opened { stamps, edition }
        });
        let adopted = opened.into_actor(self).then(|opened, librarian, _| {
            let edition = match opened {
                Ok(Opened { stamps, edition }) => {
                    librarian.seen = stamps;
                    librarian.changing = None;
                    edition
                }
                Err(fault) => Err(fault.to_string().into()),
            };
            librarian.adopt(edition)
        });
        ctx.spawn(adopted.map(|(), librarian, ctx| {
            librarian.busy = false;
            librarian.open_again(ctx);
        }));
    }

    /// Has an edition take the place of the one in use, unless it is the same.
    fn adopt(
        &self,
        edition: Result<Edition, LibraryError>,
    ) -> std::pin::Pin<Box<dyn ActorFuture<Self, Output = ()>>> {
        let edition = match edition {
            Ok(edition) if *edition.made_of() == self.in_use => {
                info!("the databases are the same as before");
                return Box::pin(fut::ready(()));
            }
            Ok(edition) => Arc::new(edition),
            Err(error) => {
                self.accounting.databases_refused.add(1);
                error!(%error, "the databases are not reloaded; those in use stay");
                return Box::pin(fut::ready(()));
            }
        };
        let made_of = edition.made_of().clone();
        let told = self.receiver.send(Adopt(edition)).into_actor(self);
        Box::pin(told.map(|answer, librarian, _| match answer {
            Ok(Adopted(from)) => {
                librarian.in_use = made_of;
                librarian.accounting.databases_reloaded.add(1);
                match from {
                    Some(tick) => info!(from = tick.secs(), "other databases are in use"),
                    None => info!("other databases are in use, from the beginning"),
                }
            }
            Err(_) => {
                // The Receiver fell with it: as if the files had just changed.
                librarian.seen = Stamps::default();
                error!("the databases are not reloaded yet; those in use stay");
            }
        }))
    }
}

impl Actor for Librarian {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        // Whatever was under way ended with a fall.
        self.busy = false;
        self.updating = false;
        let Rounds { look, update } = self.rounds;
        if !look.is_zero() {
            ctx.run_interval(look, |librarian, ctx| librarian.look(ctx));
        }
        if !update.is_zero() {
            self.update(ctx);
            ctx.run_interval(update, |librarian, ctx| librarian.update(ctx));
        }
    }
}

impl Supervised for Librarian {}

impl Handler<Reload> for Librarian {
    type Result = ();

    fn handle(&mut self, _: Reload, ctx: &mut Context<Self>) {
        self.again = true;
        self.open_again(ctx);
    }
}
