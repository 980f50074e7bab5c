//! Pages of the documentation that tests write, so that they say what is so.
#![expect(
    clippy::disallowed_methods,
    reason = "pages are files, and one is written where it is asked for"
)]

use std::path::Path;
use std::{env, fs};

/// Prints a page and compares it with the one below `docs`. With `FLOWSTREAM_WRITE_DOCS=1`
/// it is written there instead.
pub(crate) fn assert_page(name: &str, page: &str) {
    println!("{page}");
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let path = docs.join(name);
    if env::var("FLOWSTREAM_WRITE_DOCS").is_ok_and(|value| value == "1") {
        fs::create_dir_all(docs).unwrap();
        fs::write(path, page).unwrap();
        return;
    }
    let kept = fs::read_to_string(path).unwrap();
    let differs = kept
        .lines()
        .zip(page.lines())
        .find(|(kept, page)| kept != page);
    assert!(
        kept == page,
        "docs/{name} is not what the tests find; the first line that differs: {differs:?}; \
         FLOWSTREAM_WRITE_DOCS=1 writes it anew"
    );
}
