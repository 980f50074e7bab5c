//! `docs/conformance.md` names every rule, and nothing that is not there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The cells of the rows of a page whose first cell is an identifier: a letter and digits.
fn rows(page: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| -> Vec<String> {
        let inner = line.trim_start_matches('|').trim_end_matches('|');
        inner
            .split('|')
            .map(|cell| cell.trim().to_owned())
            .collect()
    };
    let lines = page.lines().filter(|line| line.starts_with('|'));
    let rows = lines.map(cells).filter(|cells| is_id(&cells[0]));
    rows.collect()
}

fn is_id(text: &str) -> bool {
    let digits = text.strip_prefix(|letter: char| letter.is_ascii_uppercase());
    digits.is_some_and(|digits| digits.len() >= 2 && digits.bytes().all(|b| b.is_ascii_digit()))
}

/// The cases of a page of cases.
fn cases(page: &str) -> BTreeSet<String> {
    let rows = rows(&read(page)).into_iter();
    rows.map(|mut cells| cells.swap_remove(0)).collect()
}

/// Whether what `shown` names, `path: test`, is a test of that file.
fn is_test(shown: &str) -> bool {
    let Some((path, name)) = shown.split_once(": ") else {
        return false;
    };
    let source = read(path);
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let head = format!("fn {name}(");
    let place = lines.iter().position(|line| line.starts_with(&head));
    let before = place.and_then(|at| lines.get(at.saturating_sub(6)..at));
    before.is_some_and(|lines| lines.contains(&"#[test]"))
}

#[test]
fn every_rule_is_there_once() {
    let numbered = |letter: char, last: u32| (1..=last).map(move |n| format!("{letter}{n:02}"));
    let rules = [('C', 42), ('N', 10), ('I', 7), ('F', 1), ('D', 3)];
    let expected: BTreeSet<String> = rules
        .into_iter()
        .flat_map(|(letter, last)| numbered(letter, last))
        .collect();
    let rows = rows(&read("docs/conformance.md"));
    assert_eq!(rows.len(), expected.len());
    let found: BTreeSet<String> = rows
        .into_iter()
        .map(|mut cells| cells.swap_remove(0))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn every_rule_is_shown_by_what_exists_or_says_that_it_is_not_done() {
    let known: BTreeSet<String> = [cases("docs/bad-input.md"), cases("docs/rfc5471.md")]
        .into_iter()
        .flatten()
        .collect();
    assert!(known.len() > 118);
    let mut wrong = Vec::new();
    for row in rows(&read("docs/conformance.md")) {
        let [rule, _, does, shown] = row.as_slice() else {
            panic!("four cells: {row:?}");
        };
        if shown.is_empty() && !does.starts_with("Not ") {
            wrong.push(format!("{rule}: nothing shows it"));
        }
        for shown in shown.split(", ").filter(|shown| !shown.is_empty()) {
            let test = shown.trim_matches('`');
            if !known.contains(shown) && !is_test(test) {
                wrong.push(format!("{rule}: {shown} does not exist"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
