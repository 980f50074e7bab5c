//! Names by number, each kept once.

use std::collections::HashMap;
use std::sync::Arc;

/// Names by number; 0 is no name.
pub(super) type Names = Vec<Option<Arc<str>>>;

/// Gives names their numbers.
#[derive(Debug)]
pub(super) struct Numbering {
    numbers: HashMap<Arc<str>, u32>,
    names: Names,
}

impl Numbering {
    /// Goes on after names that have their numbers.
    pub(super) fn after(names: Names) -> Self {
        let number = |at: usize| u32::try_from(at).unwrap_or(0);
        let numbered = names.iter().enumerate();
        let numbers = numbered.filter_map(|(at, name)| Some((name.clone()?, number(at))));
        Self {
            numbers: numbers.collect(),
            names,
        }
    }

    /// The number of a name; 0 of an empty one.
    pub(super) fn number(&mut self, name: &str) -> u32 {
        if name.is_empty() {
            return 0;
        }
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let Ok(number) = u32::try_from(self.names.len()) else {
            return 0;
        };
        let name: Arc<str> = name.into();
        self.names.push(Some(Arc::clone(&name)));
        self.numbers.insert(name, number);
        number
    }

    pub(super) fn into_names(self) -> Names {
        self.names
    }
}

impl Default for Numbering {
    fn default() -> Self {
        Self::after(vec![None])
    }
}
