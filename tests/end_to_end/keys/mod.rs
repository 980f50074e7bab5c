//! Keys: each epoch has its own, another master key takes the place of the one in use, and
//! everybody is told.

mod change;
mod epochs;

use std::fs::{self, Permissions};
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use mediation::anonymize::{CryptoPan, Key};
use serde_json::Value;

use crate::support::Scratch;
use crate::support::client::count;
use crate::support::files::{header, segments};

fn key(octet: u8) -> Key {
    Key::from_octets(&[octet; Key::LEN]).unwrap()
}

/// Has a key take the place of the file `key`.
fn key_file(scratch: &Scratch, octets: &[u8], mode: u32) -> PathBuf {
    let new = scratch.file("key.new", octets);
    fs::set_permissions(&new, Permissions::from_mode(mode)).unwrap();
    let path = scratch.join("key");
    fs::rename(new, &path).unwrap();
    path
}

/// What is said of a key: its id and its epoch, if it is of one.
fn named(key: &Key, epoch: Option<&str>) -> (String, Option<String>) {
    (key.id().to_string(), epoch.map(str::to_owned))
}

/// What a declaration or a notice says of a key.
fn said(of: &Value) -> (String, Option<String>) {
    let id = of["key_id"].as_str().unwrap().to_owned();
    (id, of["key_epoch"].as_str().map(str::to_owned))
}

/// The first position of each segment of a prepared dataset, and the key that its header names,
/// and its line in the manifest too.
fn keys_of(prepared: &Path) -> Vec<(u64, (String, Option<String>))> {
    let keyed = |of: &Value| {
        let declared = said(&of["meta"]["anonymization"]);
        (count(of, "first_seq"), declared)
    };
    let stored = segments(prepared);
    let headers = stored.values().map(|segment| keyed(&header(segment)));
    let manifest = fs::read_to_string(prepared.join("manifest.jsonl")).unwrap();
    let lines = manifest.lines().map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        keyed(&line["sealed"])
    });
    let keys: Vec<_> = headers.collect();
    assert_eq!(lines.collect::<Vec<_>>(), keys);
    keys
}

/// The image of an address under a key.
fn image(key: &Key, addr: Ipv4Addr) -> String {
    CryptoPan::new(key).anonymize(IpAddr::V4(addr)).to_string()
}
