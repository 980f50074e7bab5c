//! What was opened, for the log.

use std::fmt;
use std::path::PathBuf;

use flow::Civil;

use crate::Kind;
use crate::error::shown;

/// One opened database; its text is one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// What it holds.
    pub kind: Kind,
    /// Its file.
    pub path: PathBuf,
    /// How much it holds.
    pub content: Content,
}

/// How much a database holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A prefix file.
    Rows {
        /// Rows in use.
        used: usize,
        /// Rows skipped because their VLAN is `N/A`.
        skipped: usize,
        /// Rows that say again what an earlier row said.
        repeated: usize,
    },
    /// A table of the world.
    World {
        /// The program that built it.
        builder: String,
        /// The names of its sources.
        sources: Vec<String>,
        /// Different rows of what is known.
        rows: usize,
    },
    /// A database in MaxMind's format.
    Database {
        /// The type that its metadata names.
        database_type: String,
        /// Nodes of its search tree.
        nodes: u32,
        /// Networks that have a record.
        networks: usize,
        /// Distinct records.
        records: usize,
        /// Values left out because they are none: a country of three letters, a
        /// position beyond a pole.
        unusable: usize,
        /// When it was built.
        built: Option<Civil>,
    },
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {}: {}",
            self.path.display(),
            self.kind,
            self.content
        )
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows {
                used,
                skipped,
                repeated,
            } => write!(f, "{used} rows, {skipped} skipped, {repeated} repeated"),
            Self::World {
                builder,
                sources,
                rows,
            } => {
                let sources = sources.join(", ");
                let sources = shown(&sources);
                write!(
                    f,
                    "{rows} different rows of {sources}, built by {}",
                    shown(builder)
                )
            }
            Self::Database {
                database_type,
                nodes,
                networks,
                records,
                unusable,
                built,
            } => {
                let kind = shown(database_type);
                write!(
                    f,
                    "{kind}, {nodes} nodes, {networks} networks, {records} records, "
                )?;
                write!(f, "{unusable} values unusable, built ")?;
                match built {
                    Some(date) => {
                        write!(f, "{:04}-{:02}-{:02}", date.year, date.month, date.day)
                    }
                    None => f.write_str("at no known time"),
                }
            }
        }
    }
}
