//! The methods of RFC 6235, each a pure function of a value, its parameters and the key.
//!
//! | file | section | what it does |
//! |---|---|---|
//! | `address` | 4.1 | addresses and their prefixes |
//! | `permutation`, `ff1` | 4.1.3 | addresses one to one, without their prefixes |
//! | `time` | 4.3.1, 4.3.3 | coarser times; an offset for each epoch |
//! | `enumeration` | 4.3.2 | numbers in the order of times |
//! | `counter` | 4.4 | fewer digits, bins, noise |
//! | `port` | 4.5 | bins, and a permutation |
//! | `grid` | 4.3.1 by analogy | positions on a grid |
//! | `random` | | random values from the key, one series for each purpose |
//!
//! Each is the same for the same key wherever and whenever it is asked: no method has a
//! memory, so that what leaves does not depend on lanes or on what came before. Which
//! field may have which method is said by [`flow::Method`].

mod address;
mod counter;
mod enumeration;
mod ff1;
mod grid;
mod permutation;
mod port;
mod random;
mod time;

pub use address::{AddressBits, AddressMethod, PrefixImages};
pub use counter::{CounterMethod, Digits, FlowTag, NoisePercent};
pub use enumeration::Enumeration;
pub use grid::Grid;
pub use permutation::{AddressPermutation, IpcryptDeterministic};
pub use port::{PortMethod, PortPermutation};
pub use random::{Purpose, Random};
pub use time::{Shift, TimeMethod, TimeUnit};
