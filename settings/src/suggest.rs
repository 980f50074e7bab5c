//! The key that was meant by one that does not exist.

use flow::spelling::changes;

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
