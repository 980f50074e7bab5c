//! The files of datasets.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::tool::tool;

/// Name and octets of each segment in a directory.
pub(crate) fn segments(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut segments = files(directory);
    segments.retain(|name, _| name.contains(".zst"));
    segments
}

/// Name and octets of each file in a directory that is not hidden.
pub(crate) fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if !name.starts_with('.') {
            files.insert(name, fs::read(entry.path()).unwrap());
        }
    }
    files
}

/// The header of a segment.
pub(crate) fn header(segment: &[u8]) -> Value {
    let len = segment[4..8].try_into().unwrap();
    let end = 8 + u32::from_le_bytes(len) as usize;
    serde_json::from_slice(&segment[8..end - 4]).unwrap()
}

/// The names of segments that are not sealed.
pub(crate) fn open_segments(directory: &Path) -> Vec<String> {
    let names = segments(directory).into_keys();
    names.filter(|name| name.ends_with(".open")).collect()
}

/// Two directories hold the same segments, octet for octet.
pub(crate) fn assert_same_segments(one: &Path, other: &Path) {
    let (one, other) = (segments(one), segments(other));
    assert!(!one.is_empty(), "there is something to compare");
    let names = |of: &BTreeMap<String, Vec<u8>>| of.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&one), names(&other));
    for (name, octets) in &one {
        let differ = octets.iter().zip(&other[name]).position(|(a, b)| a != b);
        assert_eq!(differ, None, "where {name} differs");
        assert_eq!(octets.len(), other[name].len(), "how long {name} is");
    }
}

/// The text of all segments in a directory, as `zstdcat` gives it; `None` without that.
pub(crate) fn zstdcat(directory: &Path, test: &str) -> Option<String> {
    let zstdcat = tool("zstdcat", test)?;
    let mut text = String::new();
    for name in segments(directory).into_keys() {
        let output = Command::new(&zstdcat)
            .arg(directory.join(name))
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        text.push_str(&String::from_utf8(output.stdout).unwrap());
    }
    Some(text)
}
