//! A small good file of each format, and what is found in it.

use super::{fixture, gzip};
use mrt_writer::{path, peers, unicast};

#[path = "../../../db/tests/support/mrt_writer.rs"]
#[allow(
    dead_code,
    reason = "the tests of the adapters write more sorts of records"
)]
mod mrt_writer;
#[path = "../../../db/tests/support/tar_writer.rs"]
#[allow(
    dead_code,
    reason = "the tests of the adapters write more sorts of archives"
)]
mod tar_writer;

/// A format, a file of it, and an address with its origin.
#[derive(Debug, Clone)]
pub(super) struct Good {
    pub(super) format: &'static str,
    pub(super) body: Vec<u8>,
    pub(super) addr: &'static str,
    pub(super) asn: u32,
}

/// One of each format, of a version that is told apart by its origin where that is ours
/// to choose.
pub(super) fn all(version: u32) -> [Good; 5] {
    let asn = 100 + version;
    let seen = [
        (0, path(&[1, asn])),
        (1, path(&[2, asn])),
        (2, path(&[3, 9])),
    ];
    let mrt = [peers(3), unicast("11.7.0.0/16", &seen)].concat();
    let pfx2as = format!("11.7.0.0\t16\t{asn}\n2400:7::\t32\t{asn}\n");
    [
        Good {
            format: "iptoasn",
            body: gzip(&super::iptoasn(asn)),
            addr: "198.18.3.4",
            asn,
        },
        Good {
            format: "pfx2as",
            body: gzip(pfx2as.as_bytes()),
            addr: "2400:7::1",
            asn,
        },
        Good {
            format: "mrt",
            body: gzip(&mrt),
            addr: "11.7.3.4",
            asn,
        },
        Good {
            format: "mmdb",
            body: fixture("asn.mmdb"),
            addr: MMDB.0,
            asn: MMDB.1,
        },
        Good {
            format: "mmdb",
            body: gzip(&archive("GeoLite2-ASN_20260101/GeoLite2-ASN.mmdb")),
            addr: MMDB.0,
            asn: MMDB.1,
        },
    ]
}

/// An address of the fixture, and its origin.
const MMDB: (&str, u32) = ("198.19.0.1", 64_496);

/// A tar archive with the fixture at a path.
pub(super) fn archive(path: &str) -> Vec<u8> {
    tar_writer::archive(&[(b'0', path, &fixture("asn.mmdb"))])
}
