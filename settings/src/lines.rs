//! From a place in a text to its line and column.

/// The lines of a text.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    text: &'a str,
    /// Where each line starts.
    starts: Vec<usize>,
    /// The numbers of the lines that begin a table.
    heads: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        let after = text.match_indices('\n').map(|(at, _)| at + 1);
        let is_head = |line: &str| line.trim_start().starts_with('[');
        let numbered = text.lines().zip(1..);
        Self {
            text,
            starts: std::iter::once(0).chain(after).collect(),
            heads: numbered
                .filter(|(line, _)| is_head(line))
                .map(|(_, number)| number)
                .collect(),
        }
    }

    /// The line and the character in it, both from 1, of a byte of the text.
    pub(crate) fn position(&self, byte: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|&start| start <= byte);
        let start = line
            .checked_sub(1)
            .and_then(|index| self.starts.get(index))
            .copied()
            .unwrap_or(0);
        let before = self.text.get(start..byte).unwrap_or_default();
        (line.max(1), before.chars().count() + 1)
    }

    /// The line, from 1, with the head of the table that a line belongs to; 0 is none.
    pub(crate) fn head_of(&self, line: usize) -> usize {
        let count = self.heads.partition_point(|&head| head <= line);
        let last = count.checked_sub(1).and_then(|index| self.heads.get(index));
        last.copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_belongs_to_the_table_begun_last() {
        let lines = Lines::of("a = 1\n  [b]\nc = []\n\n[d]\n");
        let heads: Vec<usize> = (0..8).map(|line| lines.head_of(line)).collect();
        assert_eq!(heads, [0, 0, 2, 2, 2, 5, 5, 5]);
    }

    #[test]
    fn places_are_counted_in_lines_and_characters() {
        let lines = Lines::of("ab\n\u{e4}x\n\n");
        assert_eq!(lines.position(0), (1, 1));
        assert_eq!(lines.position(2), (1, 3));
        assert_eq!(lines.position(3), (2, 1));
        assert_eq!(lines.position(5), (2, 2));
        assert_eq!(lines.position(7), (3, 1));
        assert_eq!(lines.position(8), (4, 1));
        assert_eq!(lines.position(99), (4, 1));
    }
}
