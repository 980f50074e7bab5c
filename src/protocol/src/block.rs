//! A block: flows that one tick released, in the order of the stream.

use std::sync::{Arc, Mutex, PoisonError};

use flow::Tick;
use mediation::anonymize::{AnonymizedFlow, KeyName};

use crate::{Form, encode};

/// Encoded flows, shared by all who asked for the same form.
pub type Encoded = Arc<[u8]>;

/// In how many forms a block is kept encoded; clients of further forms encode for
/// themselves, so that a crowd of odd requests cannot fill the memory.
const FORMS_MAX: usize = 8;

/// Most flows of a block: few enough that a block in any form is a few MiB at most.
pub const FLOWS_MAX: usize = 4_096;

/// Consecutive flows of the prepared stream, with their positions.
#[derive(Debug)]
pub struct Block {
    first_seq: u64,
    tick: Tick,
    key: Option<KeyName>,
    flows: Vec<AnonymizedFlow>,
    encoded: Mutex<Vec<(Form, Encoded)>>,
}

impl Block {
    /// A block of flows in the order of the stream, all under one key, if they have one.
    #[must_use]
    pub const fn new(
        first_seq: u64,
        tick: Tick,
        key: Option<KeyName>,
        flows: Vec<AnonymizedFlow>,
    ) -> Self {
        Self {
            first_seq,
            tick,
            key,
            flows,
            encoded: Mutex::new(Vec::new()),
        }
    }

    /// The blocks of what a tick released, from position `first_seq` on: its flows in the
    /// order of the stream, whatever the order in which lanes delivered them, at most
    /// [`FLOWS_MAX`] in a block.
    #[must_use]
    pub fn of_tick(
        first_seq: u64,
        tick: Tick,
        key: Option<KeyName>,
        mut flows: Vec<AnonymizedFlow>,
    ) -> Vec<Self> {
        flows.sort_unstable_by(AnonymizedFlow::stream_order);
        Self::in_order(first_seq, tick, key, flows)
    }

    /// The same of flows that are in order already.
    #[must_use]
    pub fn in_order(
        first_seq: u64,
        tick: Tick,
        key: Option<KeyName>,
        flows: Vec<AnonymizedFlow>,
    ) -> Vec<Self> {
        let mut blocks = Vec::with_capacity(flows.len().div_ceil(FLOWS_MAX));
        let mut flows = flows.into_iter();
        let mut next_seq = first_seq;
        while flows.len() > 0 {
            let some = flows.by_ref().take(FLOWS_MAX).collect();
            let block = Self::new(next_seq, tick, key, some);
            next_seq = block.next_seq();
            blocks.push(block);
        }
        blocks
    }

    /// The position of the first flow.
    #[must_use]
    pub const fn first_seq(&self) -> u64 {
        self.first_seq
    }

    /// The position after the last flow.
    #[must_use]
    pub const fn next_seq(&self) -> u64 {
        self.first_seq.saturating_add(self.flows.len() as u64)
    }

    /// The tick that released it.
    #[must_use]
    pub const fn tick(&self) -> Tick {
        self.tick
    }

    /// What names the key that its flows left under; `None` where there was none.
    #[must_use]
    pub const fn key(&self) -> Option<KeyName> {
        self.key
    }

    /// The flows.
    #[must_use]
    pub fn flows(&self) -> &[AnonymizedFlow] {
        &self.flows
    }

    /// Memory that the block takes, in octets, without its encodings.
    #[must_use]
    pub fn weight(&self) -> usize {
        size_of::<Self>() + self.flows.capacity() * size_of::<AnonymizedFlow>()
    }

    /// The whole block in a form, encoded once for all who ask for it.
    #[must_use]
    pub fn encoded(&self, form: &Form) -> Encoded {
        // A panic while encoding leaves the list as it was: poison means nothing here.
        let mut encoded = self.encoded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, bytes)) = encoded.iter().find(|(of, _)| of == form) {
            return Arc::clone(bytes);
        }
        let bytes = self.encode_from(form, self.first_seq);
        if encoded.len() < FORMS_MAX {
            encoded.push((form.clone(), Arc::clone(&bytes)));
        }
        bytes
    }

    /// The flows from position `seq` on, in a form; the whole block is shared.
    #[must_use]
    pub fn encoded_from(&self, form: &Form, seq: u64) -> Encoded {
        if seq <= self.first_seq {
            self.encoded(form)
        } else {
            self.encode_from(form, seq)
        }
    }

    fn encode_from(&self, form: &Form, seq: u64) -> Encoded {
        let skip = usize::try_from(seq.saturating_sub(self.first_seq)).unwrap_or(usize::MAX);
        let mut bytes = Vec::new();
        encode(
            form,
            seq,
            self.flows.get(skip..).unwrap_or_default(),
            &mut bytes,
        );
        bytes.into()
    }
}
