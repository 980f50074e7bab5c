//! The settings of flowstream: read from all their layers, and checked.
//!
//! `default.toml` is compiled in ([`DEFAULTS`]) and is the manual of every key; with no file
//! at all the program runs on it. Over it lie, later ones winning, the files given with
//! `-c`, environment variables (see [`ENVIRONMENT_PREFIX`]) and arguments of `--set`.
//!
//! [`load`] makes [`Settings`] of [`Sources`]: values that are checked, in range and in
//! types with units. Or it says all that is wrong, each with its place, key, what was found
//! and what would be right. This crate opens the settings files and nothing else; it looks
//! at no clock, environment or other file.

#![forbid(unsafe_code)]

mod aggregator;
mod anonymizer;
mod blocks;
mod check;
mod checked;
mod clients;
mod databases;
mod dump;
mod duration;
mod enricher;
mod error;
mod exporters;
mod found;
mod keys;
mod layer;
mod lines;
mod load;
mod log;
mod measures;
mod merge;
mod mode;
mod origin;
mod pipeline;
mod raw;
mod receiver;
mod recorder;
mod replay;
mod rollup;
mod site;
mod size;
mod statement;
mod streams;
mod suggest;
mod supervision;
#[cfg(test)]
mod tests;

pub use aggregator::{Aggregator, ApartBy, IncompleteTcp, SeveralExporters};
pub use anonymizer::{Anonymizer, KeyEpoch, Policy, SpecialAddresses};
pub use blocks::Blocks;
pub use checked::Settings;
pub use clients::Clients;
pub use databases::{DatabaseSource, Databases};
pub use enricher::{DatabaseFile, Enricher};
pub use error::{SettingsError, SettingsErrors};
pub use exporters::Exporter;
pub use keys::ENVIRONMENT_PREFIX;
pub use load::{DEFAULTS, FILE_BYTES_MAX, Sources, load};
pub use log::{Level, Log, LogFormat};
pub use measures::Measures;
pub use mode::Mode;
pub use origin::Origin;
pub use pipeline::{Lanes, Pipeline};
pub use receiver::Receiver;
pub use recorder::{Keep, Recorder, Sync};
pub use replay::{Pace, Replay, ReplayDatabases};
pub use rollup::RollUp;
pub use site::Site;
pub use size::ByteSize;
pub use statement::text_override;
pub use streams::{Streams, Tls};
pub use supervision::Supervision;
