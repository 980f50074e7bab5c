//! The look-up databases: what is known about an address.
//!
//! [`Databases`] opens them, merges them into one [`Table`], and answers
//! [`mediation::enrich::Lookup`]. The operator's own networks come from two CSV files,
//! `private_prefixes.csv` and `private_prefixes_vlans.csv`; the rest of the world from
//! databases in MaxMind's format (country, city, ASN) and from a table that was built
//! before, [`flowdb`]. What the operator says wins over what they say. [`locality`] needs
//! no database at all.
//!
//! Everything is read into memory and checked when it is opened, so that a file that is
//! replaced or cut short later harms nothing, and a lookup finds no surprises. This is
//! the only crate that knows the packages `maxminddb`, `iprange`, `ipnet`, `flate2`, `bzip2`,
//! `tar`, `ureq`, and, for the prefix files, `csv`. [`source`] reads what others publish about
//! the prefixes of the world, as the statements that a merged table is built from;
//! [`fetch`](mod@fetch) gets such files here.

#![forbid(unsafe_code)]

mod databases;
mod degrees;
mod error;
pub mod fetch;
mod files;
pub mod flowdb;
mod global;
mod kept;
mod locality;
mod made_of;
mod name;
mod own;
mod recorded;
pub mod source;
mod statement;
mod summary;
mod table;
mod temporary;
pub mod world;

pub use databases::Databases;
pub use error::{BadRow, DbError, StatedRow};
pub use files::{Absent, File, Files, Kind, Site};
pub use kept::Kept;
pub use locality::locality;
pub use made_of::{MadeOf, Sha256Sum, Source};
pub use own::Attributes;
pub use statement::{Full, Statement, Statements};
pub use summary::{Content, Summary};
pub use table::{Builder, Entry, Found, Origin, Table};
pub use temporary::TemporaryFile;
