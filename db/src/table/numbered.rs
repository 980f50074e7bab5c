//! Values by number, each kept once.

use std::collections::HashMap;
use std::hash::Hash;

/// Values in the order in which they were first seen.
#[derive(Debug)]
pub(super) struct Numbered<T> {
    numbers: HashMap<T, u32>,
    values: Vec<T>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self {
            numbers: HashMap::new(),
            values: Vec::new(),
        }
    }
}

impl<T: Copy + Eq + Hash> Numbered<T> {
    /// The number of a value, from 0 on.
    pub(super) fn number(&mut self, value: T) -> u32 {
        *self.numbers.entry(value).or_insert_with(|| {
            let number = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
            self.values.push(value);
            number
        })
    }

    pub(super) fn into_values(self) -> Vec<T> {
        self.values
    }
}
