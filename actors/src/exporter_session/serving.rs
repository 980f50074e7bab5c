//! What a session does once it has begun: read, cut, hand over.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use dataset::StreamEnd;
use futures_util::FutureExt;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};
use tracing::{debug, warn};

use super::{Ends, NAME, Reception, SessionEnd};
use crate::accounting::Accounting;
use crate::cutter::Cutter;
use crate::message::{Custody, Messages, StreamMessages, Verdict};
use crate::supervision::ask;

/// Octets of one reading.
const READ_MAX: usize = 64 << 10;

/// A batch with so many octets is handed over, whatever else there is to read.
const BATCH_OCTETS: usize = 128 << 10;

/// When the service ends, a session with nothing to read for so long is over.
const QUIET: Duration = Duration::from_millis(20);

/// So long a session may go on when the service ends, and so many octets it may bring: more
/// than the kernel holds, and little enough that a flood cannot put the end off.
const LAST_CALL: Duration = Duration::from_secs(10);
const LAST_OCTETS: usize = 16 << 20;

/// How long saying goodbye may take.
const PARTING: Duration = Duration::from_secs(1);

/// A session that has begun.
pub(super) struct Serving<'r> {
    ends: Ends,
    reception: &'r Reception,
    known: &'r AtomicBool,
    open: Open,
    cutter: Cutter,
    messages: Messages,
    /// Whether the Receiver is still to be told that the session begins.
    begins: bool,
    handed_over: usize,
}

/// Counts a session as open, and then by its end; one that has none fell.
struct Open {
    accounting: Arc<Accounting>,
    end: SessionEnd,
}

impl Open {
    fn new(accounting: &Arc<Accounting>) -> Self {
        accounting.streams_begun.add(1);
        accounting.streams_open.add(1);
        Self {
            accounting: Arc::clone(accounting),
            end: SessionEnd::Fell,
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.accounting.streams_open.shift(1, 0);
        self.end.counter(&self.accounting).add(1);
    }
}

impl<'r> Serving<'r> {
    pub(super) fn begin(ends: Ends, reception: &'r Reception, known: &'r AtomicBool) -> Self {
        Self {
            ends,
            reception,
            known,
            open: Open::new(&reception.accounting),
            cutter: Cutter::default(),
            messages: Messages::default(),
            begins: true,
            handed_over: 0,
        }
    }

    /// Reads until the session ends, and tells the Receiver so.
    pub(super) async fn serve(mut self, mut io: impl AsyncRead + AsyncWrite + Unpin) {
        let mut buffer = vec![0; READ_MAX];
        let end = match self.hand_over(None).await {
            Ok(()) => self.read_to_end(&mut io, &mut buffer).await,
            Err(end) => end,
        };
        let end = self.finish(end);
        self.known.store(false, Relaxed);
        self.hand_over(Some(end.recorded())).await.ok();
        self.open.end = end;
        self.tell(end);
        // Before the socket is closed, so that the exporter knows that it was on purpose.
        drop(timeout(PARTING, io.shutdown()).await);
    }

    async fn read_to_end(
        &mut self,
        io: &mut (impl AsyncRead + Unpin),
        buffer: &mut [u8],
    ) -> SessionEnd {
        let closing = &self.reception.closing;
        let mut due = Instant::now() + self.reception.idle_timeout;
        loop {
            let read = tokio::select! {
                biased;
                () = closing.cancelled() => return self.read_the_last(io, buffer).await,
                read = timeout_at(due, io.read(buffer)) => read,
            };
            let Ok(read) = read else {
                return SessionEnd::Idle;
            };
            let mut taken = self.take(&read, buffer);
            while taken.is_ok()
                && self.messages.octets() < BATCH_OCTETS
                && let Some(read) = io.read(buffer).now_or_never()
            {
                taken = self.take(&read, buffer);
            }
            if let Err(end) = taken {
                return end;
            }
            if !self.messages.is_empty() {
                if let Err(end) = self.hand_over(None).await {
                    return end;
                }
                due = Instant::now() + self.reception.idle_timeout;
            }
        }
    }

    /// The service ends: reads what has come by now.
    async fn read_the_last(
        &mut self,
        io: &mut (impl AsyncRead + Unpin),
        buffer: &mut [u8],
    ) -> SessionEnd {
        let (last_call, mut octets) = (Instant::now() + LAST_CALL, 0);
        while octets < LAST_OCTETS && Instant::now() < last_call {
            let Ok(read) = timeout(QUIET, io.read(buffer)).await else {
                break;
            };
            octets += read.as_ref().copied().unwrap_or(0);
            if let Err(end) = self.take(&read, buffer) {
                return end;
            }
            if self.messages.octets() >= BATCH_OCTETS
                && let Err(end) = self.hand_over(None).await
            {
                return end;
            }
        }
        SessionEnd::Drained
    }

    /// Cuts what was read into messages; the end, if that is one.
    fn take(&mut self, read: &io::Result<usize>, buffer: &[u8]) -> Result<(), SessionEnd> {
        #[cfg(test)]
        crate::simulation::tripwire(NAME);
        let octets = match read {
            Ok(0) => return Err(SessionEnd::Finished),
            Ok(octets) => buffer.get(..*octets).unwrap_or_default(),
            Err(_) => return Err(SessionEnd::Reset),
        };
        let messages = &mut self.messages;
        if self.cutter.take(octets, |message| messages.push(message)) {
            Ok(())
        } else {
            Err(SessionEnd::Malformed)
        }
    }

    /// The end with what came of a message that is not whole: it is taken in, too, so that
    /// it is counted.
    fn finish(&mut self, end: SessionEnd) -> SessionEnd {
        let messages = &mut self.messages;
        let cutter = std::mem::take(&mut self.cutter);
        let cut_off = cutter.finish(|rest| messages.push(rest));
        match end {
            SessionEnd::Finished if cut_off => SessionEnd::CutOff,
            end => end,
        }
    }

    /// Hands over what was cut, and waits for the answer; the end, if that is one.
    async fn hand_over(&mut self, end: Option<StreamEnd>) -> Result<(), SessionEnd> {
        let messages = Arc::new(std::mem::take(&mut self.messages));
        self.handed_over += messages.len();
        let sent = StreamMessages {
            source: self.ends.source,
            destination: self.ends.destination,
            begins: std::mem::take(&mut self.begins),
            messages,
            end,
        };
        if end.is_none() {
            self.known.store(true, Relaxed);
        }
        let custody = Custody::Messages(sent.clone());
        let Reception { receiver, bin, .. } = self.reception;
        match ask(NAME, receiver, bin, sent, custody).await {
            Some(Verdict::GoOn) => Ok(()),
            Some(Verdict::Close) => Err(SessionEnd::Malformed),
            None => Err(SessionEnd::Fell),
        }
    }

    /// Without the exporter's address: it is one of those that are anonymized.
    fn tell(&self, end: SessionEnd) {
        let (reason, meaning, messages) = (end.name(), end.sentence(), self.handed_over);
        if matches!(end, SessionEnd::Malformed | SessionEnd::Fell)
            && let Some(suppressed) = self.reception.permit()
        {
            warn!(
                reason,
                meaning, messages, suppressed, "session of an exporter closed"
            );
        } else {
            debug!(reason, meaning, messages, "session of an exporter closed");
        }
    }
}
