//! Whose data a source publishes.

/// What is to be said of a source's data, and what its files look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// The terms under which the data may be used.
    pub licence: &'static str,
    /// The words that credit the source.
    pub attribution: &'static str,
    /// What a file looks like, as an error says what would be right.
    pub shape: &'static str,
}
