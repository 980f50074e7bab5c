//! Whatever octets a file has, reading it ends, in a value or a clear error.

use db::source::Format;
use proptest::prelude::*;

use crate::max_mind::ases;
use crate::mrt::dump;
use crate::tar_writer::{FILE, archive};
use crate::{bzip2, gzip, read};

/// Reads octets as each format, packed and not; errors must say where and what.
fn reads(octets: &[u8]) {
    for format in Format::ALL {
        for file in [octets.to_vec(), gzip(octets), bzip2(octets)] {
            match read(format, &file) {
                Ok((stated, tally)) => {
                    assert_eq!(stated.len(), usize::try_from(tally.stated).unwrap());
                }
                Err(error) => {
                    let text = error.to_string();
                    assert!(text.starts_with("there/file: "), "{text}");
                    assert!(text.len() < 2000, "{text}");
                }
            }
        }
    }
}

/// Octets changed in sound files of every kind: where, and to what.
fn changed(mut file: Vec<u8>, changes: &[(prop::sample::Index, u8)]) -> Vec<u8> {
    for (at, octet) in changes {
        let at = at.index(file.len());
        file[at] = *octet;
    }
    file
}

fn sound() -> Vec<Vec<u8>> {
    let rows = "1.0.0.0\t1.0.0.255\t64500\tAU\tEXAMPLE\n";
    let prefixes = "192.0.2.0\t24\t64500_64501\n2001:db8::\t32\t64500\n";
    vec![
        rows.repeat(3).into_bytes(),
        prefixes.repeat(3).into_bytes(),
        ases(),
        dump(),
        archive(&[(FILE, "a/b.mmdb", &ases())]),
    ]
}

proptest! {
    #[test]
    fn random_octets_end_in_a_value_or_an_error(octets in prop::collection::vec(any::<u8>(), 0..600)) {
        reads(&octets);
    }

    #[test]
    fn sound_files_with_changed_octets_end_in_a_value_or_an_error(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        reads(&changed(which.get(&sound()).clone(), &changes));
    }

    #[test]
    fn packed_files_with_changed_octets_end_in_a_value_or_an_error(
        which in any::<prop::sample::Index>(),
        with_bzip2 in any::<bool>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let file = which.get(&sound()).clone();
        let packed = if with_bzip2 { bzip2(&file) } else { gzip(&file) };
        for format in Format::ALL {
            drop(read(format, &changed(packed.clone(), &changes)));
        }
    }
}
