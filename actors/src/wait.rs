//! Waiting for a hand-over before the next message.

use actix::prelude::*;

use crate::supervision::HandOver;

/// Holds an actor until a batch was answered for.
pub(crate) trait Wait {
    /// No further message, timer or stream is handled until `hand_over` is done.
    fn hold(&mut self, hand_over: HandOver);
}

impl<A: Actor<Context = Context<A>>> Wait for Context<A> {
    fn hold(&mut self, hand_over: HandOver) {
        if let Some(landed) = hand_over {
            self.wait(fut::wrap_future(landed));
        }
    }
}
