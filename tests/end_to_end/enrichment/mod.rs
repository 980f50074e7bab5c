//! What is looked up for the addresses of flows, and in which version of the databases.

mod own;
mod reload;

use std::fs;
use std::path::PathBuf;

use crate::support::Scratch;

/// Replaces a file as an operator should: by renaming a new one over it.
fn replace(scratch: &Scratch, name: &str, content: &str) -> PathBuf {
    let new = scratch.file(&format!("{name}.new"), content);
    let path = scratch.join(name);
    fs::rename(new, &path).unwrap();
    path
}
