//! Raw datasets that tests make, of datagrams at whatever times.

use std::fs::{self, File};
use std::path::PathBuf;

use dataset::Datagram;
use dataset::name::{Content, SegmentName};
use dataset::pcapng::{write_datagram, write_section};
use dataset::segment::{Kind, SegmentHeader, Writer};
use serde_json::Map;

use super::Scratch;

/// A raw dataset in a new directory, of one sealed segment with these datagrams. It is of
/// another version, and names no databases.
pub(crate) fn recording<'a>(
    scratch: &Scratch,
    name: &str,
    datagrams: impl IntoIterator<Item = Datagram<'a>>,
) -> PathBuf {
    let directory = scratch.join(name);
    fs::create_dir(&directory).unwrap();
    let segment = SegmentName::open(0, Content::Pcapng).sealed();
    let header = SegmentHeader {
        kind: Kind::Raw,
        content: Content::Pcapng,
        first_seq: 0,
        created_ms: 0,
        program: "0.0.1".to_owned(),
        meta: Map::new(),
    };
    let file = File::create(directory.join(segment.to_string())).unwrap();
    let mut writer = Writer::new(file, &header, 1).unwrap();
    let mut blocks = Vec::new();
    write_section(&mut blocks);
    let mut stored = 0;
    for datagram in datagrams {
        write_datagram(&mut blocks, &datagram).unwrap();
        stored += 1;
    }
    writer.append(0, 0, stored, &blocks).unwrap();
    writer.seal().unwrap();
    directory
}
