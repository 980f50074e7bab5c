//! What bounds a filter: its text comes from outside.

/// Most octets of a filter's text.
pub const LENGTH_MAX: usize = 16 * 1_024;

/// Most terms of a filter.
pub const TERMS_MAX: usize = 1_024;

/// Most parentheses and negations within each other.
pub const DEPTH_MAX: usize = 64;

/// Most values of a list.
pub const LIST_MAX: usize = 4_096;
