//! Writes the test databases below `fixture/` anew:
//! `cargo run -p db --example make_fixture`.
//!
//! A test compares the committed files with what this writes, octet by octet.

use std::io;
use std::path::Path;

#[path = "../tests/support/mod.rs"]
mod support;

fn main() -> io::Result<()> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixture");
    std::fs::create_dir_all(&directory)?;
    for (name, octets) in support::fixture::all() {
        std::fs::write(directory.join(name), octets)?;
    }
    Ok(())
}
