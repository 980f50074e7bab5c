//! What is left in a prepared dataset, and what can be made of it (RFC 6235, 7 and 9).
//!
//! A [`Survey`] looks at each flow once and comes to a [`Report`]. Nothing of it needs the
//! key: it is what anybody can find out who has the dataset, and, where that is measured by a
//! simulation, with a key of its own. `docs/privacy-report.md` says what each number means.
//!
//! | file | what it does |
//! |---|---|
//! | `hash` `sample` | values as numbers, and which of many are kept |
//! | `groups` `members` | how many flows, or hosts, share a value |
//! | `row` | quasi-identifiers, and a flow as numbers |
//! | `declaration` `fields` | what is declared of each field, and what is seen |
//! | `hosts` `anchors` | what is seen of each address, and which give themselves away |
//! | `view` | all that under a stricter preset |
//! | `attack` | what an attacker learns who sends flows |
//! | `survey` `findings` `report` | all of it together, and in words |
//!
//! Memory does not grow with the dataset: each count is exact up to its limit of different
//! values, and of an even choice of them from there on ([`Limits`]).

mod anchors;
mod attack;
mod declaration;
mod fields;
mod findings;
mod groups;
mod hash;
mod hosts;
mod members;
mod report;
mod row;
mod sample;
mod survey;
mod view;

pub use anchors::{Anchors, Known, Special};
pub use attack::{Attack, Choice, FLOWS, Family, ROUNDS, Round};
pub use declaration::Declaration;
pub use fields::FieldReport;
pub use findings::{Finding, Level};
pub use groups::{Anonymity, share};
pub use hosts::Lasting;
pub use report::{Attacked, Declared, Report, Seen, Taken, Uniqueness};
pub use survey::Survey;

/// How many different values are kept at a time, of each count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Values of a quasi-identifier.
    pub groups: usize,
    /// Addresses.
    pub hosts: usize,
    /// Declarations.
    pub declarations: usize,
}

impl Limits {
    /// Some 300 MiB at the most.
    pub const DEFAULT: Self = Self {
        groups: 131_072,
        hosts: 131_072,
        declarations: 1_024,
    };
}
