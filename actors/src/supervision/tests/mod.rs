//! What the two walls and custody promise, on the paused clock.

mod barrier;
mod budget;
mod custody;
mod falls;
mod poison;
mod walker;
