//! A thread that syncs files, so that nobody else waits for the disk.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread;

use super::medium::Medium;

/// What is to be synced.
pub(super) struct Job {
    pub(super) medium: Arc<dyn Medium>,
    /// The directory that the file was made in, if that is not known to be on the disk.
    pub(super) directory: Option<PathBuf>,
}

impl Job {
    fn run(&self) -> io::Result<()> {
        self.medium.sync()?;
        self.directory.as_deref().map_or(Ok(()), sync_directory)
    }
}

/// Has the names in a directory on the disk.
pub(super) fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// The thread. It ends when this is dropped, and what it is at is done.
pub(super) struct Syncer {
    jobs: SyncSender<Job>,
    reports: Receiver<io::Result<()>>,
}

impl Syncer {
    /// Starts the thread.
    pub(super) fn start() -> io::Result<Self> {
        // One job at a time: whoever hands one over waits for its report before the next.
        let (jobs, taken) = sync_channel::<Job>(1);
        let (told, reports) = sync_channel(1);
        let thread = thread::Builder::new().name("syncer".to_owned());
        thread.spawn(move || {
            for job in taken {
                if told.send(job.run()).is_err() {
                    break;
                }
            }
        })?;
        Ok(Self { jobs, reports })
    }

    /// Hands a job over.
    pub(super) fn sync(&self, job: Job) -> io::Result<()> {
        self.jobs.send(job).map_err(|_| gone())
    }

    /// How the job ended, if it has.
    pub(super) fn report(&self) -> Option<io::Result<()>> {
        match self.reports.try_recv() {
            Ok(report) => Some(report),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err(gone())),
        }
    }

    /// How the job ended, once it has.
    pub(super) fn wait(&self) -> io::Result<()> {
        self.reports.recv().unwrap_or_else(|_| Err(gone()))
    }
}

fn gone() -> io::Error {
    io::Error::other("the thread that syncs has ended")
}
