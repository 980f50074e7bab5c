//! Work that takes its time, on a thread of its own.

use std::panic::UnwindSafe;
use std::thread;

use tokio::sync::oneshot;

use crate::supervision::{Fault, guard};

/// Does `work` on a thread of its own, and gives what it gives; a panic as a fault.
///
/// Not on the runtime's threads for waiting work: the end of a runtime waits for those,
/// and a download or a hung disk must not hold up the end of the service.
///
/// # Errors
/// The [`Fault`] if the work panicked, or the system has no thread for it.
pub(crate) async fn aside<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + UnwindSafe + 'static,
) -> Result<T, Fault> {
    let (told, done) = oneshot::channel();
    let thread = thread::Builder::new().name(name.to_owned());
    let spawned = thread.spawn(move || drop(told.send(guard(work))));
    match spawned {
        Ok(_) => done
            .await
            .unwrap_or_else(|_| Err(Fault::new("its thread ended"))),
        Err(error) => Err(Fault::new(format!("no thread for it: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_gives_what_it_gives_and_a_panic_is_a_fault() {
        actix::System::new().block_on(async {
            let here = thread::current().id();
            let there = aside("aside", || thread::current().id()).await.unwrap();
            assert_ne!(here, there);
            let fault: Result<(), _> = aside("aside", || panic!("poison")).await;
            assert_eq!(fault, Err(Fault::new("poison")));
        });
    }
}
