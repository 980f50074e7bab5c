//! Stored flows: segments of checked frames, their recovery, and what was received as pcapng.
//!
//! A dataset is a row of [`segment`]s, each one file, named by its first position
//! ([`name`]), of which those that are sealed are listed in a [`manifest`]. A segment holds
//! either prepared flows (CSV) or raw datagrams and streams ([`pcapng`]); it is plain zstd,
//! so that `zstdcat` gives the rows with no program of ours. [`capture`] reads datagrams
//! and streams out of captures made elsewhere.
//!
//! Nothing here opens a file or asks for the time: the caller hands in `Write`, `Read`
//! and `Seek`, truncates, syncs and renames.

#![forbid(unsafe_code)]

pub mod capture;
pub mod checksum;
mod connections;
mod datagram;
mod error;
pub mod manifest;
pub mod name;
mod packet;
pub mod pcapng;
pub mod segment;
mod stream;

pub use connections::STREAMS_MAX;
pub use datagram::Datagram;
pub use error::{DatasetError, Result};
pub use stream::{Arrival, Piece, StreamEnd};
