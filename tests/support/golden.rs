//! Outputs that are kept beside the tests. With `FLOWSTREAM_GOLDEN=write` the files are
//! written anew, to be looked at before they are taken over.

use std::fs;
use std::path::Path;

/// Asserts that an output is the one that is kept by that name, for the tests in a directory
/// of `tests/end_to_end`.
pub(crate) fn assert_golden(tests: &str, name: &str, output: &str) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/end_to_end");
    let path = directory.join(tests).join("golden").join(name);
    if std::env::var_os("FLOWSTREAM_GOLDEN").is_some_and(|value| value == "write") {
        fs::write(&path, output).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap();
    for (line, golden) in output.lines().zip(golden.lines()) {
        assert_eq!(line, golden, "{name}");
    }
    assert_eq!(output.lines().count(), golden.lines().count(), "{name}");
}
