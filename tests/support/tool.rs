//! Tools that are not ours, where they are installed.

use std::io::{self, Write};
use std::path::PathBuf;

/// Set to 1 where no test may be left out, as in `.ci/run`.
const ALL_TESTS: &str = "FLOWSTREAM_ALL_TESTS";

/// A tool; `None` where it is not installed, and the test is left out. That is said
/// around the test harness, which shows only what failed tests print.
pub(crate) fn tool(name: &str, test: &str) -> Option<PathBuf> {
    let found = directories().into_iter().map(|path| path.join(name));
    let found = found.into_iter().find(|path| path.is_file());
    if found.is_none() {
        let all = std::env::var_os(ALL_TESTS).is_some_and(|all| all == "1");
        assert!(!all, "{test} needs {name}, and {ALL_TESTS} is set");
        drop(writeln!(io::stderr(), "left out: {test}: no {name}"));
    }
    found
}

/// Where programs are. Those of the administrator are not on everybody's path.
fn directories() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let extra = ["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from);
    std::env::split_paths(&path).chain(extra).collect()
}
