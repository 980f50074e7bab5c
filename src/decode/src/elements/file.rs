//! Files of enterprises' elements: CSV with the columns of `iana.csv`, and the
//! enterprise number before them.

use std::collections::HashMap;

use super::{Element, ElementErrorKind, Elements};
use crate::state::Seed;
use crate::{DataType, Semantics};

/// The columns of a file, as its first line names them.
const COLUMNS: [&str; 7] = [
    "enterprise",
    "id",
    "name",
    "type",
    "semantics",
    "units",
    "status",
];

/// The most elements of a file.
const ELEMENTS_MAX: usize = 65_536;
/// The most characters of a name or of units.
const TEXT_MAX: usize = 128;

/// What is wrong with a file of elements, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {kind}")]
pub struct ElementsFileError {
    /// The line, from 1.
    pub line: u64,
    /// What was found there, and what would be right.
    pub kind: ElementsFileErrorKind,
}

/// What is wrong with a file of elements.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ElementsFileErrorKind {
    /// It is no CSV.
    #[error("{0}, where CSV in UTF-8 was expected")]
    Csv(String),
    /// Its first line is not that of such a file.
    #[error("header {found:?}, where \"{}\" was expected", COLUMNS.join(","))]
    Header {
        /// The line.
        found: String,
    },
    /// A row has too few columns or too many.
    #[error("{found} columns, where {} were expected: {}", COLUMNS.len(), COLUMNS.join(","))]
    Columns {
        /// How many it has.
        found: usize,
    },
    /// A number is none, or not one that its column can have.
    #[error("{column} {found:?}, where a number from 0 to {largest} was expected")]
    Number {
        /// The column.
        column: &'static str,
        /// What stands there.
        found: String,
        /// The largest number.
        largest: u32,
    },
    /// A type that is none.
    #[error("type {found:?}, where one of RFC 7012 was expected, such as unsigned64 or string")]
    Type {
        /// What stands there.
        found: String,
    },
    /// Semantics that are none.
    #[error(
        "semantics {found:?}, where one of RFC 7012 was expected, such as deltaCounter, or none"
    )]
    Semantics {
        /// What stands there.
        found: String,
    },
    /// A text is too long, or has characters that would harm a terminal.
    #[error("{column} {found:?}, where at most {TEXT_MAX} printable characters were expected")]
    Text {
        /// The column.
        column: &'static str,
        /// What stands there.
        found: String,
    },
    /// The element cannot be.
    #[error("element {enterprise}/{id}: {kind}")]
    Element {
        /// The enterprise number.
        enterprise: u32,
        /// The element's number.
        id: u16,
        /// Why not.
        kind: ElementErrorKind,
    },
    /// There are too many.
    #[error("more than {ELEMENTS_MAX} elements, where that many are allowed")]
    TooMany,
}

impl Elements {
    /// IANA's elements and those of a file. Lines that begin with `#` are comments, and
    /// columns may be quoted; the status is not used.
    ///
    /// # Errors
    ///
    /// The first line that is wrong, and why.
    pub fn read(file: &[u8]) -> Result<Self, ElementsFileError> {
        let rows = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .comment(Some(b'#'))
            .trim(csv::Trim::All)
            .from_reader(file)
            .into_records();
        let mut own = Vec::new();
        let mut lines: HashMap<(u32, u16), u64, Seed> = HashMap::with_hasher(Seed(0));
        for (at, row) in rows.enumerate() {
            let row = row.map_err(|error| unreadable(&error))?;
            let line = row.position().map_or(0, csv::Position::line);
            let wrong = |kind| ElementsFileError { line, kind };
            if at == 0 {
                header(&row).map_err(wrong)?;
                continue;
            }
            let element = element(&row).map_err(wrong)?;
            if own.len() == ELEMENTS_MAX {
                return Err(wrong(ElementsFileErrorKind::TooMany));
            }
            if lines.insert(element.key(), line).is_some() {
                return Err(wrong(refused(&element, ElementErrorKind::Twice)));
            }
            own.push(element);
        }
        Self::with_enterprise(own).map_err(|error| {
            let key = (error.enterprise, error.id);
            let line = lines.get(&key).copied().unwrap_or(0);
            let (enterprise, id, kind) = (error.enterprise, error.id, error.kind);
            let kind = ElementsFileErrorKind::Element {
                enterprise,
                id,
                kind,
            };
            ElementsFileError { line, kind }
        })
    }
}

fn unreadable(error: &csv::Error) -> ElementsFileError {
    let line = error.position().map_or(0, csv::Position::line);
    let what = match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "text that is not UTF-8".to_owned(),
        _ => error.to_string(),
    };
    let kind = ElementsFileErrorKind::Csv(what);
    ElementsFileError { line, kind }
}

fn header(row: &csv::StringRecord) -> Result<(), ElementsFileErrorKind> {
    if row.iter().eq(COLUMNS) {
        return Ok(());
    }
    let found: Vec<&str> = row.iter().collect();
    let mut found = found.join(",");
    found.truncate(found.floor_char_boundary(2 * TEXT_MAX));
    Err(ElementsFileErrorKind::Header { found })
}

fn element(row: &csv::StringRecord) -> Result<Element, ElementsFileErrorKind> {
    let columns: Vec<&str> = row.iter().collect();
    let &[enterprise, id, name, kind, semantics, units, _status] = &columns[..] else {
        let found = columns.len();
        return Err(ElementsFileErrorKind::Columns { found });
    };
    let enterprise = number("enterprise", enterprise, u32::MAX)?;
    let id = number("id", id, u32::from(super::LARGEST_ID))?;
    let element = Element {
        enterprise,
        id: u16::try_from(id).unwrap_or(u16::MAX),
        name: text("name", name)?.into(),
        kind: DataType::from_name(kind).ok_or_else(|| ElementsFileErrorKind::Type {
            found: shortened(kind),
        })?,
        semantics: match semantics {
            "" => Semantics::Default,
            named => {
                Semantics::from_name(named).ok_or_else(|| ElementsFileErrorKind::Semantics {
                    found: shortened(named),
                })?
            }
        },
        units: text("units", units)?.into(),
    };
    element.check().map_err(|kind| refused(&element, kind))?;
    Ok(element)
}

fn refused(element: &Element, kind: ElementErrorKind) -> ElementsFileErrorKind {
    ElementsFileErrorKind::Element {
        enterprise: element.enterprise,
        id: element.id,
        kind,
    }
}

fn number(column: &'static str, found: &str, largest: u32) -> Result<u32, ElementsFileErrorKind> {
    let number = found.parse().ok().filter(|&number| number <= largest);
    number.ok_or_else(|| ElementsFileErrorKind::Number {
        column,
        found: shortened(found),
        largest,
    })
}

fn text<'a>(column: &'static str, found: &'a str) -> Result<&'a str, ElementsFileErrorKind> {
    let plain = found.len() <= TEXT_MAX && !found.chars().any(char::is_control);
    plain
        .then_some(found)
        .ok_or_else(|| ElementsFileErrorKind::Text {
            column,
            found: shortened(found),
        })
}

/// As much of a text as an error shows.
fn shortened(text: &str) -> String {
    text.chars().take(TEXT_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "enterprise,id,name,type,semantics,units,status\n";

    fn read(rows: &str) -> Result<Elements, String> {
        let file = format!("{HEADER}{rows}");
        Elements::read(file.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_elements_of_a_file_are_known_beside_ianas() {
        let rows = "# ours\n9,12345,interfaceColour,string,,,current\n\
                    6871,1,\"initialTCPFlags\" , unsigned8 ,flags,\"a, b\",\n";
        let elements = read(rows).unwrap();
        assert_eq!(elements.name(9, 12_345), "interfaceColour");
        let flags = elements.get(6_871, 1).unwrap();
        assert_eq!(
            (flags.kind, flags.semantics),
            (DataType::Unsigned8, Semantics::Flags)
        );
        assert_eq!(&*flags.units, "a, b");
        assert_eq!(elements.name(0, 8), "sourceIPv4Address");
        assert!(read("").is_ok());
    }

    #[test]
    fn a_row_that_is_wrong_says_where_what_was_found_and_what_would_be_right() {
        let good = "9,1,a,string,,,current\n";
        for (row, error) in [
            (
                "9,2,b,string",
                "line 3: 4 columns, where 7 were expected: enterprise,id,name,type,semantics,units,status",
            ),
            (
                "x,2,b,string,,,",
                "line 3: enterprise \"x\", where a number from 0 to 4294967295 was expected",
            ),
            (
                "9,32768,b,string,,,",
                "line 3: id \"32768\", where a number from 0 to 32767 was expected",
            ),
            (
                "9,2,b,text,,,",
                "line 3: type \"text\", where one of RFC 7012 was expected, such as unsigned64 or string",
            ),
            (
                "9,2,b,string,much,,",
                "line 3: semantics \"much\", where one of RFC 7012 was expected, such as deltaCounter, or none",
            ),
            (
                "9,2,b c,string,,,",
                "line 3: element 9/2: name \"b c\", where letters, digits and _ were expected",
            ),
            (
                "9,2,b,string,,\u{1b}[2J,",
                "line 3: units \"\\u{1b}[2J\", where at most 128 printable characters were expected",
            ),
            (
                "0,2,b,string,,,",
                "line 3: element 0/2: enterprise number of IANA's elements, where one of an enterprise was expected",
            ),
            (
                "9,1,b,string,,,",
                "line 3: element 9/1: defined twice, where once was expected",
            ),
        ] {
            assert_eq!(read(&format!("{good}{row}\n")).unwrap_err(), error);
        }
    }

    #[test]
    fn a_file_that_is_none_is_refused_at_its_first_line() {
        let error = |file: &[u8]| Elements::read(file).unwrap_err().to_string();
        let expected = "where \"enterprise,id,name,type,semantics,units,status\" was expected";
        assert_eq!(
            error(b"id,name\n"),
            format!("line 1: header \"id,name\", {expected}")
        );
        assert!(error(b"\xFF\xFE,\n").contains("not UTF-8"));
        assert!(
            Elements::read(b"").is_ok(),
            "a file of nothing names nothing"
        );
    }

    #[test]
    fn there_are_no_more_elements_than_allowed() {
        let row = |at: u32| format!("{},{},e{at},string,,,\n", 1 + at / 30_000, at % 30_000);
        let most = u32::try_from(ELEMENTS_MAX).unwrap();
        let rows: String = (0..most).map(row).collect();
        assert!(read(&rows).is_ok());
        let error = read(&format!("{rows}{}", row(most))).unwrap_err();
        assert_eq!(
            error,
            "line 65538: more than 65536 elements, where that many are allowed"
        );
    }
}
