//! Octets as numbers: hexadecimal digits, lists, one number.

use super::{Canaries, Found, around, hex};

impl Canaries {
    /// Hexadecimal digits, with nothing between the octets or a separator.
    pub(super) fn find_digits(&self, text: &str) -> Option<Found> {
        for (at, run) in runs(text, |c| c.is_ascii_hexdigit() || ":-. ,".contains(c)) {
            let mut groups = run.split(|c: char| !c.is_ascii_hexdigit());
            let found = groups.find_map(|digits| self.in_digits(digits));
            let found = found.or_else(|| {
                let joined = pairs(run).into_iter();
                joined.filter_map(|digits| self.in_digits(&digits)).next()
            });
            if let Some(what) = found {
                return Some(Found {
                    how: "hexadecimal digits",
                    what,
                    around: around(text, at),
                });
            }
        }
        None
    }

    fn in_digits(&self, digits: &str) -> Option<String> {
        let nibbles: Vec<u8> = digits
            .chars()
            .map(|c| u8::try_from(c.to_digit(16).expect("a digit")).expect("small"))
            .collect();
        for first in [0, 1] {
            let octets: Vec<u8> = nibbles[first.min(nibbles.len())..]
                .chunks_exact(2)
                .map(|pair| pair[0] << 4 | pair[1])
                .collect();
            if let Some(what) = self.in_octets(&octets) {
                return Some(what);
            }
        }
        None
    }

    /// Decimal numbers of an octet each, as `[198, 18, 0, 1]`.
    pub(super) fn find_lists(&self, text: &str) -> Option<Found> {
        for (at, run) in runs(text, |c| c.is_ascii_digit() || ", ".contains(c)) {
            let mut octets = Vec::new();
            for number in run.split([',', ' ']).filter(|number| !number.is_empty()) {
                match number.parse::<u8>() {
                    Ok(octet) => octets.push(octet),
                    Err(_) => octets.clear(),
                }
                let found = self.lens().filter_map(|len| octets.len().checked_sub(len));
                let mut found = found.map(|from| &octets[from..]);
                if let Some(window) = found.find(|window| self.is_one(window)) {
                    return Some(Found {
                        how: "a list of octets",
                        what: hex(window),
                        around: around(text, at),
                    });
                }
            }
        }
        None
    }

    /// One decimal number.
    pub(super) fn find_decimals(&self, text: &str) -> Option<Found> {
        for (at, run) in runs(text, |c| c.is_ascii_digit()) {
            let Ok(number) = run.parse::<u128>() else {
                continue;
            };
            let octets = number.to_be_bytes();
            let mut lens = self.lens().filter(|&len| number >> (8 * len - 1) <= 1);
            if let Some(len) = lens.find(|&len| self.is_one(&octets[16 - len..])) {
                return Some(Found {
                    how: "a decimal number",
                    what: hex(&octets[16 - len..]),
                    around: around(text, at),
                });
            }
        }
        None
    }

    fn in_octets(&self, octets: &[u8]) -> Option<String> {
        let mut windows = self.lens().flat_map(|len| octets.windows(len));
        windows.find(|window| self.is_one(window)).map(hex)
    }
}

/// The longest parts of such characters, each with its place.
pub(super) fn runs(
    text: &str,
    is_part: impl Fn(char) -> bool,
) -> impl Iterator<Item = (usize, &str)> {
    let runs = text.split(move |c| !is_part(c));
    let runs = runs.filter(|run| run.len() > 1);
    runs.map(|run| (run.as_ptr().addr() - text.as_ptr().addr(), run))
}

/// The digits of octets between which something else stands.
fn pairs(run: &str) -> Vec<String> {
    let mut joined = vec![String::new()];
    for group in run.split(|c: char| !c.is_ascii_hexdigit()) {
        match (group.len(), joined.last_mut()) {
            (0, _) => {}
            (2, Some(last)) => last.push_str(group),
            _ => joined.push(String::new()),
        }
    }
    joined.retain(|digits| digits.len() >= 8);
    joined
}
