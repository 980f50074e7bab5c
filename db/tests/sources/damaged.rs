//! Files that are not what they should be, each refused with a clear error.

use std::io::{self, Read};

use db::source::{At, Fault, Format, Limits};
use db::{Full, Statement, Statements};

use crate::{bzip2, gzip, read, refused};

fn row(n: usize) -> String {
    format!("11.{}.{}.0\t24\t1\n", n / 256 % 256, n % 256)
}

fn rows(count: usize) -> Vec<u8> {
    (0..count).map(row).collect::<String>().into_bytes()
}

#[test]
fn an_empty_file_is_refused_packed_or_not() {
    for file in [Vec::new(), gzip(b""), bzip2(b"")] {
        let error = refused(Format::Pfx2As, &file);
        assert!(
            error.starts_with("there/file: found an empty file; expected lines of a CAIDA"),
            "{error}"
        );
    }
}

#[test]
fn a_file_of_another_kind_is_named_for_what_it_is() {
    let kinds: [(&[u8], &str); 7] = [
        (b"\r\n<!DOCTYPE html><html>", "an HTML or XML page"),
        (b"{\"error\": 1}", "JSON"),
        (b"PK\x03\x04....", "a zip archive"),
        (&bzip2(b"x"), "bzip2 data within packed data"),
        (b"\xfd7zXZ\0..", "xz data"),
        (&gzip(b"x"), "gzip data within packed data"),
        (b"\x01\x00\x02", "binary data"),
    ];
    for format in Format::ALL {
        for (file, found) in kinds {
            if found == "binary data" && matches!(format, Format::MaxMind | Format::Mrt) {
                continue;
            }
            let error = refused(format, &gzip(file));
            let right = format.shape();
            assert_eq!(
                error,
                format!("there/file: found {found}; expected {right}")
            );
        }
    }
}

#[test]
fn packed_data_cut_at_any_octet_are_refused() {
    for whole in [gzip(&rows(50)), bzip2(&rows(50))] {
        assert!(read(Format::Pfx2As, &whole).is_ok());
        for end in 0..whole.len() {
            let error = refused(Format::Pfx2As, &whole[..end]);
            let clear = error.contains("before their own end")
                || error.contains("an empty file")
                || error.contains("expected lines of a CAIDA");
            assert!(clear, "cut at {end}: {error}");
        }
    }
}

#[test]
fn a_flipped_bit_of_bzip2_data_is_refused_or_changes_nothing() {
    let whole = bzip2(&rows(20));
    let right = read(Format::Pfx2As, &whole).unwrap();
    for octet in 0..whole.len() {
        for bit in 0..8 {
            let mut flipped = whole.clone();
            flipped[octet] ^= 1 << bit;
            if let Ok(read) = read(Format::Pfx2As, &flipped) {
                assert_eq!(read, right, "bit {bit} of octet {octet}");
            }
        }
    }
}

#[test]
fn a_flipped_bit_of_packed_data_is_refused_or_changes_nothing() {
    let whole = gzip(&rows(20));
    let right = read(Format::Pfx2As, &whole).unwrap();
    for octet in 0..whole.len() {
        for bit in 0..8 {
            let mut flipped = whole.clone();
            flipped[octet] ^= 1 << bit;
            // Time, system and hint of the header, and what fills the last octet of the
            // data, are under no checksum, and not used.
            if let Ok(read) = read(Format::Pfx2As, &flipped) {
                let unused = (3..10).contains(&octet) || octet == whole.len() - 9;
                assert!(unused, "bit {bit} of octet {octet}");
                assert_eq!(read, right);
            }
        }
    }
}

#[test]
fn rubbish_behind_packed_data_is_refused() {
    let file = [gzip(&rows(3)), b"rubbish behind it".to_vec()].concat();
    let error = refused(Format::Pfx2As, &file);
    assert!(error.contains("cannot be read"), "{error}");
}

#[test]
fn data_that_unpack_without_end_are_read_up_to_the_limit() {
    let bomb = gzip(&b"# nothing\n".repeat(1_000_000));
    assert!(bomb.len() < 64 << 10);
    let error = refused(Format::Pfx2As, &bomb);
    assert!(
        error.ends_with("more than 65536 octets, unpacked; at most these are read"),
        "{error}"
    );
}

#[test]
fn a_file_of_just_the_limit_is_read() {
    let comment = b"# 63 octets and the end of the line, in all sixty-four of them\n";
    let last = b"11.0.0.0\t8\t1\n";
    let mut file = comment.repeat((64 << 10) / comment.len() - 1);
    file.extend(vec![b'\n'; (64 << 10) - file.len() - last.len()]);
    file.extend(last);
    assert_eq!(file.len(), 64 << 10);
    assert!(read(Format::Pfx2As, &file).is_ok());
    file.push(b'\n');
    assert!(refused(Format::Pfx2As, &file).contains("more than 65536 octets"));
}

#[test]
fn a_line_beyond_the_limit_is_refused_and_one_of_just_the_limit_is_read() {
    let line = |octets: usize| {
        let comment = format!("#{}\n", "x".repeat(octets - 2));
        format!("{comment}11.0.0.0\t8\t1\n").into_bytes()
    };
    assert!(read(Format::Pfx2As, &line(256)).is_ok());
    let error = refused(Format::Pfx2As, &line(257));
    assert!(
        error.starts_with("there/file: line 1: found a line of more than 256 octets"),
        "{error}"
    );
}

#[test]
fn a_file_that_states_nothing_is_refused() {
    let error = refused(Format::Pfx2As, b"# only this\n0.0.0.0\t0\t1\n");
    assert!(
        error.starts_with("there/file: found nothing that states anything; expected"),
        "{error}"
    );
}

#[test]
fn more_statements_than_are_kept_end_the_reading() {
    let error = refused(Format::Pfx2As, &rows(1001));
    assert_eq!(
        error,
        "there/file: line 1001: more than 1000 statements; fewer sources, or smaller \
         ones, would fit"
    );
}

/// Gives some octets, then fails as a disk does.
struct Failing<'a>(&'a [u8]);

impl Read for Failing<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.0.read(into) {
            Ok(0) => Err(io::Error::other("no such sector")),
            read => read,
        }
    }
}

/// Takes everything.
struct Taken;

impl Statements for Taken {
    fn state(&mut self, _: Statement<'_>) -> Result<(), Full> {
        Ok(())
    }
}

#[test]
fn a_failure_to_read_is_passed_on_with_its_line() {
    let octets = rows(2);
    let limits = Limits::default();
    let error = Format::Pfx2As
        .read("there/file", Failing(&octets), limits, &mut Taken)
        .unwrap_err();
    assert!(
        matches!(
            error.fault,
            Fault::Read {
                at: At::Line(3),
                ..
            }
        ),
        "{error:?}"
    );
}
