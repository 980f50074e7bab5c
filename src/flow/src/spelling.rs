//! How far a name is from another: for finding the one that was meant.

/// The least number of characters to insert, delete, replace, or swap with the next, that
/// makes one text of the other. It takes time in the product of their lengths: the caller
/// bounds both.
///
/// ```
/// assert_eq!(flow::spelling::changes("src_prot", "src_port"), 1);
/// ```
#[must_use]
pub fn changes(a: &str, b: &str) -> usize {
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
}
