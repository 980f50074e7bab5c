//! CAIDA's logs of the files that it has made.

use crate::error::shown;
use crate::source::{At, Fault};

const SHAPE: &str = "a log of new files, with white space between: number, Unix time, path \
                     (as `2026/01/NAME.pfx2as.gz`)";

/// How many files of a log are of use: should one be damaged, there are others.
const FILES_MAX: usize = 3;

/// The URLs of the newest files that a log names, the newest first.
///
/// The log is another's, and what it says becomes a URL. So a path that leads elsewhere
/// refuses it.
pub(super) fn urls(text: &str, folder: &str) -> Result<Vec<String>, Fault> {
    let mut files = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let file = file(text).ok_or_else(|| Fault::Wrong {
            at: At::Line(line),
            found: shown(text),
            expected: SHAPE,
        })?;
        files.push(file);
    }
    if files.is_empty() {
        return Err(Fault::OtherKind {
            found: "a log without a file".to_owned(),
            expected: SHAPE,
        });
    }
    files.sort_unstable();
    let newest = files.iter().rev().take(FILES_MAX);
    Ok(newest
        .map(|(_, _, path)| format!("{folder}{path}"))
        .collect())
}

/// Time, number and path of a file.
fn file(line: &str) -> Option<(u64, u64, &str)> {
    let mut columns = line.split_ascii_whitespace();
    let (number, time, path) = (columns.next()?, columns.next()?, columns.next()?);
    let is_alone = columns.next().is_none() && is_plain(path);
    is_alone.then_some(())?;
    Some((time.parse().ok()?, number.parse().ok()?, path))
}

/// Whether a path leads to a file below a folder, whatever reads it.
fn is_plain(path: &str) -> bool {
    let is_name = |part: &str| {
        let mut octets = part.bytes();
        let is_plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-_.".contains(&octet);
        !part.starts_with('.') && !part.is_empty() && octets.all(is_plain)
    };
    path.split('/').all(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOLDER: &str = "https://example.net/v4/";

    #[test]
    fn the_newest_files_come_first_in_whatever_order_the_log_has_them() {
        let text = "# seqnum\ttimestamp\tpath\n\
                    7\t300\t2026/01/c.pfx2as.gz\n\
                    8\t400\t2026/01/d.pfx2as.gz\n\n\
                    5\t100\t2026/01/a.pfx2as.gz\n\
                    6\t200\t2026/01/b.pfx2as.gz\n";
        let named = ["d", "c", "b"].map(|name| format!("{FOLDER}2026/01/{name}.pfx2as.gz"));
        assert_eq!(urls(text, FOLDER).unwrap(), named);
    }

    #[test]
    fn a_line_that_is_none_of_a_log_refuses_it() {
        for line in [
            "<html>",
            "1 2",
            "1 2 a b",
            "x 2 a",
            "1 x a",
            "1 2 /etc/passwd",
            "1 2 ../a",
            "1 2 a/../b",
            "1 2 a//b",
            "1 2 https://elsewhere.example/a",
            "1 2 a?b",
            "1 2 a%2fb",
            "1 2 a@b",
        ] {
            let error = urls(&format!("1\t2\ta\n{line}\n"), FOLDER)
                .unwrap_err()
                .to_string();
            let said = format!("line 2: found `{line}`; expected a log of new files");
            assert!(error.starts_with(&said), "{error}");
        }
    }

    #[test]
    fn a_log_without_a_file_is_refused() {
        let error = urls("# nothing\n", FOLDER).unwrap_err().to_string();
        assert!(
            error.starts_with("found a log without a file; expected"),
            "{error}"
        );
    }
}
