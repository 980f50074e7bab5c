//! The key that was meant by one that does not exist.

use crate::keys::join;

/// Up to how many changes between them keys are near.
const NEAR: usize = 3;

/// Longer keys are nobody's slip, and comparing them would take long.
const LENGTH_MAX: usize = 64;

/// What to say about an unknown key below a path with these names: the nearest key, or
/// else which keys there are at this place.
pub(crate) fn hint(key: &str, path: &str, names: &[&str], keys: &[String]) -> String {
    let siblings: Vec<String> = names.iter().map(|name| join(path, name)).collect();
    let known = siblings.iter().chain(keys).map(String::as_str);
    match nearest(key, known) {
        Some(meant) => format!("did you mean {meant}?"),
        None if path.is_empty() => format!("there are {}", names.join(", ")),
        None => format!("[{path}] has {}", names.join(", ")),
    }
}

/// The nearest of the known keys, if one is near.
pub(crate) fn nearest<'a>(key: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if key.len() > LENGTH_MAX {
        return None;
    }
    known
        .filter_map(|candidate| Some((unlikeness(key, candidate)?, candidate)))
        .min_by_key(|(unlikeness, _)| *unlikeness)
        .map(|(_, candidate)| candidate)
}

/// How unlike two keys are, if they are near. A right name in a wrong section is just near.
fn unlikeness(key: &str, candidate: &str) -> Option<usize> {
    let slip = || {
        let changes = changes(key, candidate);
        (changes <= NEAR && changes < last(candidate).len()).then_some(changes)
    };
    let is_comparable = key.len().abs_diff(candidate.len()) <= NEAR;
    let moved = || (last(key) == last(candidate)).then_some(NEAR);
    is_comparable.then(slip).flatten().or_else(moved)
}

/// The name after the last dot.
fn last(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

/// The least number of characters to insert, delete, replace, or swap with the next, that
/// makes one text of the other.
fn changes(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    let mut previous = None;
    for (row, x) in a.chars().enumerate() {
        let mut current = vec![row + 1];
        for (column, &y) in b.iter().enumerate() {
            let at = |cells: &[usize], index: usize| cells.get(index).copied().unwrap_or(0);
            let replaced = at(&above, column) + usize::from(x != y);
            let mut best = replaced
                .min(at(&above, column + 1) + 1)
                .min(at(&current, column) + 1);
            let left = column.checked_sub(1).and_then(|left| b.get(left)).copied();
            if previous == Some(y) && left == Some(x) {
                best = best.min(at(&before, column.saturating_sub(1)) + 1);
            }
            current.push(best);
        }
        before = std::mem::replace(&mut above, current);
        previous = Some(x);
    }
    above.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 5] = [
        "mode",
        "receiver.listen",
        "aggregator.idle_timeout",
        "anonymizer.key_file",
        "clients.listen",
    ];

    fn meant(key: &str) -> Option<&'static str> {
        nearest(key, KNOWN.into_iter())
    }

    #[test]
    fn changes_are_counted() {
        for (a, b, count) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("abc", "abc", 0),
            ("abc", "abd", 1),
            ("abc", "ab", 1),
            ("abc", "acb", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(changes(a, b), count, "{a} {b}");
        }
    }

    #[test]
    fn a_slip_finds_its_key() {
        assert_eq!(meant("mdoe"), Some("mode"));
        assert_eq!(meant("reciever.listen"), Some("receiver.listen"));
        assert_eq!(meant("client.lissten"), Some("clients.listen"));
        assert_eq!(
            meant("aggregator.idletimeout"),
            Some("aggregator.idle_timeout")
        );
    }

    #[test]
    fn a_key_in_the_wrong_section_is_found() {
        assert_eq!(meant("listen"), Some("receiver.listen"));
        assert_eq!(
            meant("recorder.idle_timeout"),
            Some("aggregator.idle_timeout")
        );
    }

    #[test]
    fn what_is_like_nothing_suggests_nothing() {
        assert_eq!(meant("colour"), None);
        assert_eq!(meant("x"), None);
        assert_eq!(meant(&"mode".repeat(100)), None);
    }
}
