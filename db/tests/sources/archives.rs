//! Databases in tar archives, honest ones and others.

use db::source::Format;

use crate::max_mind::ases;
use crate::tar_writer::{
    DEVICE, EXTENSION, FILE, FOLDER, GLOBAL_EXTENSION, HARD_LINK, LONG_NAME, SYMBOLIC_LINK,
    archive, record,
};
use crate::{gzip, read, refused};

const PATH: &str = "GeoLite2-ASN_20260101/GeoLite2-ASN.mmdb";

/// An archive as the publisher makes it, with `more` in it.
fn with(more: &[(u8, &str, &[u8])]) -> Vec<u8> {
    let database = ases();
    let mut entries: Vec<(u8, &str, &[u8])> = vec![
        (FOLDER, "GeoLite2-ASN_20260101/", b""),
        (FILE, "GeoLite2-ASN_20260101/COPYRIGHT.txt", b"words"),
        (FILE, PATH, &database),
    ];
    entries.extend(more);
    archive(&entries)
}

fn found(file: &[u8]) -> String {
    let error = refused(Format::MaxMind, file);
    let found = error.strip_prefix("there/file: found ").unwrap_or(&error);
    found.split("; expected").next().unwrap().to_owned()
}

#[test]
fn the_database_in_an_archive_is_found_packed_or_not() {
    let alone = read(Format::MaxMind, &ases()).unwrap();
    let archive = with(&[(FILE, "GeoLite2-ASN_20260101/LICENSE.txt", &[b'x'; 1500])]);
    assert_eq!(read(Format::MaxMind, &archive).unwrap(), alone);
    assert_eq!(read(Format::MaxMind, &gzip(&archive)).unwrap(), alone);
}

#[test]
fn an_archive_without_a_database_or_with_two_is_refused() {
    let none = archive(&[(FILE, "a/README.mmdb.txt", b"words")]);
    assert_eq!(found(&none), "a tar archive without a `.mmdb` file");
    let two = with(&[(FILE, "b/Other.MMDB", b"")]);
    assert_eq!(
        found(&two),
        "a tar archive with a second database: `b/Other.MMDB`"
    );
}

#[test]
fn a_path_that_leads_out_of_the_archive_is_refused() {
    for path in [
        "/etc/passwd",
        "../x.mmdb",
        "a/../../x",
        "a/..",
        "..",
        "\\x",
        "a\\..\\x",
        "C:x",
        "a/.. /x",
    ] {
        let said = format!(
            "a tar archive with a path that leads out of it: `{}`",
            path.escape_debug()
        );
        assert_eq!(found(&with(&[(FILE, path, b"")])), said);
        assert_eq!(found(&with(&[(FOLDER, path, b"")])), said);
        let name = record("path", path);
        let named = [(EXTENSION, "x", name.as_bytes()), (FILE, "harmless", b"")];
        assert_eq!(found(&with(&named)), said);
        let name = format!("{path}\0");
        let named = [(LONG_NAME, "L", name.as_bytes()), (FILE, "harmless", b"")];
        assert_eq!(found(&with(&named)), said);
    }
}

#[test]
fn dots_in_a_name_lead_nowhere() {
    let fine = with(&[(FILE, "a..b/...", b""), (FILE, "./c", b"")]);
    assert!(read(Format::MaxMind, &fine).is_ok());
}

#[test]
fn links_and_devices_are_refused() {
    for kind in [HARD_LINK, SYMBOLIC_LINK, DEVICE] {
        let said = "a tar archive with a link or another entry that is no file: `a/link.mmdb`";
        assert_eq!(found(&with(&[(kind, "a/link.mmdb", b"")])), said);
    }
}

#[test]
fn the_longer_name_that_is_given_beside_a_header_counts() {
    let alone = read(Format::MaxMind, &ases()).unwrap();
    let long = format!("{}/x.mmdb", "folder".repeat(30));
    let extension = record("mtime", "1.5") + &record("path", &long);
    let of_gnu = format!("{long}\0");
    for named in [
        (EXTENSION, "x", extension.as_bytes()),
        (LONG_NAME, "L", of_gnu.as_bytes()),
    ] {
        let file = archive(&[
            (GLOBAL_EXTENSION, "g", record("comment", "x").as_bytes()),
            named,
            (FILE, "short", &ases()),
        ]);
        assert_eq!(read(Format::MaxMind, &file).unwrap(), alone);
    }
}

#[test]
fn what_an_archive_says_of_an_entry_and_how_many_it_has_is_limited() {
    let long = |octets: usize| with(&[(LONG_NAME, "L", &vec![b'x'; octets]), (FILE, "y", b"")]);
    assert!(read(Format::MaxMind, &long(4096)).is_ok());
    assert_eq!(
        found(&long(4097)),
        "a tar archive that says more than 4096 octets of one entry"
    );
    let many = |entries: usize| with(&vec![(FOLDER, "a/", b"".as_slice()); entries - 3]);
    assert!(read(Format::MaxMind, &many(64)).is_ok());
    assert_eq!(found(&many(65)), "a tar archive with more than 64 entries");
}

#[test]
fn an_archive_that_unpacks_to_more_than_the_limit_is_refused_wherever_that_is() {
    let large = vec![0; 64 << 10];
    for more in [
        (FILE, "a/large.txt", &*large),
        (FILE, "a/large.mmdb", &large),
    ] {
        let error = refused(Format::MaxMind, &gzip(&archive(&[more])));
        assert!(
            error.contains("more than 65536 octets, unpacked"),
            "{error}"
        );
    }
    let behind = [with(&[]), large].concat();
    let error = refused(Format::MaxMind, &gzip(&behind));
    assert!(
        error.contains("more than 65536 octets, unpacked"),
        "{error}"
    );
}

#[test]
fn an_archive_cut_at_any_octet_is_refused_until_the_database_is_whole() {
    let whole = with(&[]);
    // Two empty blocks end an archive; without both, or the second, it is read all the same.
    let ends = whole.len() - 1024;
    for end in 1..whole.len() {
        let is_whole = end == ends || end >= ends + 512;
        match read(Format::MaxMind, &whole[..end]) {
            Ok(_) => assert!(is_whole, "cut at {end} of {ends}"),
            Err(error) => {
                let error = error.to_string();
                assert!(
                    !is_whole && error.contains("expected a"),
                    "cut at {end}: {error}"
                );
            }
        }
    }
    let packed = gzip(&whole);
    for end in 1..packed.len() {
        let error = refused(Format::MaxMind, &packed[..end]);
        assert!(error.contains("expected a"), "cut at {end}: {error}");
    }
}

#[test]
fn a_damaged_header_is_refused() {
    let mut file = with(&[]);
    file[110] ^= 1;
    assert!(
        found(&file).starts_with("a damaged tar archive ("),
        "{}",
        found(&file)
    );
}
