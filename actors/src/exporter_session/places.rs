//! How many sessions there may be, in all and for each exporter.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::Refused;

/// The places of all sessions.
#[derive(Debug)]
pub struct Places {
    most: usize,
    per_exporter: usize,
    taken: Mutex<Taken>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_exporter: BTreeMap<IpAddr, usize>,
    /// Of which addresses and ports there are sessions.
    sources: BTreeSet<SocketAddr>,
}

/// A place that a connection has until this is dropped.
#[derive(Debug)]
pub struct Place {
    places: Arc<Places>,
    source: SocketAddr,
    /// Whether its address and port are its own.
    claimed: bool,
}

impl Places {
    /// Places for `most` sessions, of which each address may have `per_exporter`.
    #[must_use]
    pub fn new(most: usize, per_exporter: usize) -> Self {
        Self {
            most,
            per_exporter,
            taken: Mutex::default(),
            freed: Notify::new(),
        }
    }

    fn with<T>(&self, look: impl FnOnce(&mut Taken) -> T) -> T {
        look(&mut self.taken.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A place for a connection from `source`.
    ///
    /// # Errors
    /// [`Refused::Full`] or [`Refused::ExporterFull`] if there is none.
    pub fn take(self: &Arc<Self>, source: SocketAddr) -> Result<Place, Refused> {
        self.with(|taken| {
            if taken.all >= self.most {
                return Err(Refused::Full);
            }
            let of_exporter = taken.by_exporter.entry(source.ip()).or_default();
            if *of_exporter >= self.per_exporter {
                return Err(Refused::ExporterFull);
            }
            *of_exporter += 1;
            taken.all += 1;
            Ok(())
        })?;
        Ok(Place {
            places: Arc::clone(self),
            source,
            claimed: false,
        })
    }

    /// Waits until every place is free.
    pub async fn all_free(&self) {
        self.until(|taken| taken.all == 0).await;
    }

    async fn until(&self, mut holds: impl FnMut(&mut Taken) -> bool) {
        loop {
            let freed = self.freed.notified();
            if self.with(&mut holds) {
                return;
            }
            freed.await;
        }
    }
}

impl Place {
    /// Waits until no other session is from the same address and port: templates are kept
    /// by these, and the session before may still have something to say.
    ///
    /// # Errors
    /// [`Refused::SourceInUse`] if that takes longer than `patience`.
    pub async fn claim(&mut self, patience: Duration) -> Result<(), Refused> {
        let (source, deadline) = (self.source, Instant::now() + patience);
        let free = self.places.until(|taken| taken.sources.insert(source));
        let claimed = timeout_at(deadline, free).await;
        self.claimed = claimed.is_ok();
        claimed.map_err(|_| Refused::SourceInUse)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.with(|taken| {
            taken.all -= 1;
            if self.claimed {
                taken.sources.remove(&self.source);
            }
            if let Some(of_exporter) = taken.by_exporter.get_mut(&self.source.ip()) {
                *of_exporter -= 1;
                if *of_exporter == 0 {
                    taken.by_exporter.remove(&self.source.ip());
                }
            }
        });
        self.places.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(last: u8, port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, last], port))
    }

    #[test]
    fn places_are_limited_in_all_and_for_each_exporter() {
        let places = Arc::new(Places::new(3, 2));
        let one = places.take(source(1, 1)).unwrap();
        let _two = places.take(source(1, 2)).unwrap();
        let again = places.take(source(1, 3)).map(drop);
        assert_eq!(again, Err(Refused::ExporterFull));
        let three = places.take(source(2, 1)).unwrap();
        assert_eq!(places.take(source(3, 1)).map(drop), Err(Refused::Full));
        drop(one);
        assert!(places.take(source(1, 3)).is_ok());
        drop(three);
        assert_eq!(
            places.with(|taken| taken.by_exporter.len()),
            1,
            "none is left behind"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_source_is_claimed_once_the_session_before_is_gone() {
        let places = Arc::new(Places::new(9, 9));
        let patience = Duration::from_secs(1);
        let [mut one, mut two] = [1, 1].map(|port| places.take(source(1, port)).unwrap());
        assert_eq!(one.claim(patience).await, Ok(()));
        assert_eq!(two.claim(patience).await, Err(Refused::SourceInUse));
        let free = tokio::spawn(async move {
            tokio::time::sleep(patience / 2).await;
            drop(one);
        });
        assert_eq!(two.claim(patience).await, Ok(()));
        free.await.unwrap();
        drop(two);
        places.all_free().await;
    }
}
