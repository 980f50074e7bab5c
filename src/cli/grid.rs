//! Columns of text, aligned.

use std::io::{self, Write};

use super::safe::shown;

/// The most characters of a cell that is cut; what is longer says so.
const CELL_MAX: usize = 60;

/// Rows under a header.
#[derive(Debug)]
pub(super) struct Grid {
    /// Characters of a cell at the most.
    cell_max: usize,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Grid {
    /// A grid whose cells are cut.
    pub(super) fn new(header: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        Self::with(CELL_MAX, header)
    }

    /// A grid whose cells are as long as they are.
    pub(super) fn whole(header: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        Self::with(usize::MAX, header)
    }

    fn with(cell_max: usize, header: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let header = header.into_iter();
        Self {
            cell_max,
            header: header.map(|name| cell(name.as_ref(), cell_max)).collect(),
            rows: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, row: impl IntoIterator<Item = impl AsRef<str>>) {
        let max = self.cell_max;
        let cells = row.into_iter().map(|text| cell(text.as_ref(), max));
        self.rows.push(cells.collect());
    }

    pub(super) const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Writes header and rows, each column as wide as its widest cell.
    pub(super) fn write(&self, output: &mut dyn Write) -> io::Result<()> {
        let all = || std::iter::once(&self.header).chain(&self.rows);
        let columns = all().map(Vec::len).max().unwrap_or(0);
        let width = |at: usize| {
            let cells = all().filter_map(|row| row.get(at));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in all() {
            let cells = row.iter().zip(&widths);
            let line: Vec<String> = cells
                .map(|(cell, width)| format!("{cell:width$}"))
                .collect();
            writeln!(output, "  {}", line.join("  ").trim_end())?;
        }
        Ok(())
    }
}

/// A text as a cell has it.
fn cell(text: &str, max: usize) -> String {
    let shown = shown(text);
    let Some((at, _)) = shown.char_indices().nth(max) else {
        return if shown.is_empty() {
            "-".to_owned()
        } else {
            shown
        };
    };
    let more = shown.chars().count() - max;
    format!("{}... (+{more})", shown.get(..at).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut grid = Grid::new(["a", "long name", "c"]);
        grid.push(["1", "2", ""]);
        grid.push(["12345", "\u{1b}", "é"]);
        let mut written = Vec::new();
        grid.write(&mut written).unwrap();
        let expected = "  a      long name  c\n  1      2          -\n  12345  \\u{1b}     é\n";
        assert_eq!(String::from_utf8(written).unwrap(), expected);
    }

    #[test]
    fn a_cell_that_is_too_long_is_cut_and_says_by_how_much() {
        assert_eq!(
            cell(&"ab".repeat(40), CELL_MAX),
            format!("{}... (+20)", "ab".repeat(30))
        );
        assert_eq!(cell(&"x".repeat(60), CELL_MAX), "x".repeat(60));
        let mut grid = Grid::whole(["a"]);
        grid.push(["x".repeat(80)]);
        let mut written = Vec::new();
        grid.write(&mut written).unwrap();
        assert!(
            String::from_utf8(written)
                .unwrap()
                .contains(&"x".repeat(80))
        );
    }
}
