//! A small writer of tar archives (POSIX.1-1988), for honest ones and others.

/// What an entry is, by the octet of its header that says so.
pub(crate) const FILE: u8 = b'0';
pub(crate) const HARD_LINK: u8 = b'1';
pub(crate) const SYMBOLIC_LINK: u8 = b'2';
pub(crate) const DEVICE: u8 = b'3';
pub(crate) const FOLDER: u8 = b'5';
pub(crate) const GLOBAL_EXTENSION: u8 = b'g';
pub(crate) const LONG_NAME: u8 = b'L';
pub(crate) const EXTENSION: u8 = b'x';

const BLOCK: usize = 512;

/// An archive of entries: what they are, their paths, and their octets.
pub(crate) fn archive(entries: &[(u8, &str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (kind, path, octets) in entries {
        out.extend(header(*kind, path, octets.len()));
        out.extend(*octets);
        out.resize(out.len().next_multiple_of(BLOCK), 0);
    }
    out.resize(out.len() + 2 * BLOCK, 0);
    out
}

fn header(kind: u8, path: &str, size: usize) -> [u8; BLOCK] {
    let mut header = [0; BLOCK];
    let mut put = |at: usize, text: &str| {
        header[at..at + text.len()].copy_from_slice(text.as_bytes());
    };
    assert!(path.len() <= 100, "a path that fits");
    put(0, path);
    put(100, "0000644\0");
    put(108, "0000000\0");
    put(116, "0000000\0");
    put(124, &format!("{size:011o}\0"));
    put(136, "00000000000\0");
    put(148, "        ");
    put(257, "ustar\0");
    put(263, "00");
    if matches!(kind, HARD_LINK | SYMBOLIC_LINK) {
        put(157, "elsewhere");
    }
    header[156] = kind;
    let sum: u32 = header.iter().map(|octet| u32::from(*octet)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    header
}

/// A record of an extended header: its own length, a key and a value.
pub(crate) fn record(key: &str, value: &str) -> String {
    let rest = key.len() + value.len() + 3;
    let digits = |len: usize| len.to_string().len();
    let mut len = rest + digits(rest);
    if digits(len) + rest > len {
        len = digits(len) + rest;
    }
    format!("{len} {key}={value}\n")
}
