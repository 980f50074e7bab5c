//! From where a file comes to where it is written, within limits.

use std::io::{self, Read, Write};

use sha2::{Digest, Sha256};

use crate::Sha256Sum;

use super::error::Fault;
use super::guard::Guard;
use super::html;

/// Octets that are read at once; between them, limits and flag are looked at.
const CHUNK: usize = 64 << 10;

/// What came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Copied {
    pub(super) octets: u64,
    pub(super) sha256: Sha256Sum,
}

/// A file that is on its way.
pub(super) struct Transfer<'a> {
    /// Its limits.
    pub(super) guard: &'a Guard,
    /// The octets it should have, as far as that is known.
    pub(super) expected: Option<u64>,
    /// Is told of the octets that are done, and of those expected.
    pub(super) progress: &'a mut dyn FnMut(u64, Option<u64>),
}

impl Transfer<'_> {
    /// Copies all there is. `unread` and `unwritten` tell what it means if reading or
    /// writing fails, the first one after how many octets.
    pub(super) fn copy(
        self,
        mut from: impl Read,
        mut into: impl Write,
        unread: impl Fn(io::Error, u64) -> Fault,
        unwritten: impl Fn(io::Error) -> Fault,
    ) -> Result<Copied, Fault> {
        let Self {
            guard,
            expected,
            progress,
        } = self;
        let mut chunk = vec![0; CHUNK];
        let mut head = Vec::new();
        let mut sha256 = Sha256::new();
        let mut octets = 0_u64;
        loop {
            guard.check(octets, expected)?;
            let read = match from.read(&mut chunk) {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(unread(error, octets)),
            };
            let came = chunk.get(..read).unwrap_or_default();
            let room = html::HEAD - head.len();
            head.extend(came.iter().take(room));
            // A page is told by its title, so that is waited for.
            if (read == 0 || head.len() == html::HEAD) && room > 0 {
                no_page(&head)?;
            }
            if read == 0 {
                break;
            }
            sha256.update(came);
            into.write_all(came).map_err(&unwritten)?;
            octets += came.len() as u64;
            progress(octets, expected);
        }
        into.flush().map_err(&unwritten)?;
        match expected {
            Some(expected) if octets < expected => Err(Fault::Cut {
                octets,
                expected: Some(expected),
            }),
            _ if octets == 0 => Err(Fault::Empty),
            _ => Ok(Copied {
                octets,
                sha256: Sha256Sum::finished(sha256),
            }),
        }
    }
}

fn no_page(head: &[u8]) -> Result<(), Fault> {
    if html::is_html(head) {
        let title = html::title(head);
        return Err(Fault::Html { title });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::time::Duration;

    use super::*;
    use crate::TemporaryFile;
    use crate::fetch::{Cancel, Limits};

    fn guard(octets: u64) -> Guard {
        let limits = Limits {
            octets,
            ..Limits::default()
        };
        Guard::begin(limits, &Cancel::default())
    }

    fn unread(source: io::Error, octets: u64) -> Fault {
        Fault::Broken { octets, source }
    }

    fn unwritten(source: io::Error) -> Fault {
        let path = "there".into();
        Fault::Write { path, source }
    }

    fn copy(from: impl Read, expected: Option<u64>, into: impl Write) -> Result<Copied, Fault> {
        let transfer = Transfer {
            guard: &guard(1 << 20),
            expected,
            progress: &mut |_, _| {},
        };
        transfer.copy(from, into, unread, unwritten)
    }

    /// Gives one octet at a time, and is interrupted before each.
    struct Dripping<'a>(&'a [u8], bool);

    impl Read for Dripping<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let room = into.len().min(1);
            self.0.read(&mut into[..room])
        }
    }

    #[test]
    fn what_comes_is_written_and_its_sum_is_that_of_all_of_it() {
        for octets in [1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7] {
            let file: Vec<u8> = (0..=250).cycle().take(octets).collect();
            let mut written = Vec::new();
            let copied = copy(&file[..], Some(octets as u64), &mut written).unwrap();
            assert_eq!(written, file);
            assert_eq!(copied.octets, octets as u64);
            assert_eq!(copied.sha256, Sha256Sum::of(&file));
        }
        let file = b"octet by octet";
        let copied = copy(Dripping(file, false), None, io::sink()).unwrap();
        assert_eq!(copied.sha256, Sha256Sum::of(file));
    }

    #[test]
    fn a_page_is_told_by_its_title_even_if_it_comes_octet_by_octet() {
        let page = b"<!doctype html><title>Please log in</title>";
        for end in [b"".to_vec(), vec![b' '; 9_000]] {
            let page = [page.to_vec(), end].concat();
            let error = copy(Dripping(&page, false), None, io::sink()).unwrap_err();
            let Fault::Html { title: Some(title) } = error else {
                panic!("{error}");
            };
            assert_eq!(title, "`Please log in`");
        }
    }

    #[test]
    fn a_full_disk_is_an_error_and_leaves_nothing_behind() {
        let full = || fs::File::options().write(true).open("/dev/full").unwrap();
        let error = copy(&[7; 100][..], None, full()).unwrap_err().to_string();
        assert!(
            error.starts_with("there: cannot be written: No space left"),
            "{error}"
        );
        assert!(error.ends_with("; make room there, or name another directory in the settings"));
    }

    /// Is full after some octets.
    struct Filling(TemporaryFile, usize);

    impl Write for Filling {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            let room = octets.len().min(self.1);
            self.1 -= room;
            match room {
                0 => Err(io::ErrorKind::StorageFull.into()),
                room => self.0.write(&octets[..room]),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            self.0.flush()
        }
    }

    #[test]
    fn a_disk_that_fills_up_on_the_way_leaves_nothing_behind() {
        let directory =
            std::env::temp_dir().join(format!("flowstream-full-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let file = TemporaryFile::create(&directory).unwrap();
        let path = file.path().to_owned();
        let mut filling = Filling(file, CHUNK + 5);
        let error = copy(&vec![7; 3 * CHUNK][..], None, &mut filling).unwrap_err();
        assert!(matches!(error, Fault::Write { .. }), "{error}");
        assert_eq!(path.metadata().unwrap().len(), CHUNK as u64 + 5);
        drop(filling);
        assert!(!path.try_exists().unwrap());
        fs::remove_dir(&directory).unwrap();
        assert!(!Path::new(&directory).try_exists().unwrap());
    }

    #[test]
    fn fewer_octets_than_announced_none_and_too_many_are_errors() {
        let error = copy(&[7; 99][..], Some(100), io::sink()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cut short: 99 octets of 100 came; try again"
        );
        let error = copy(&[][..], None, io::sink()).unwrap_err();
        assert!(matches!(error, Fault::Empty));
        assert!(copy(io::repeat(7).take(1 << 20), None, io::sink()).is_ok());
        let error = copy(io::repeat(7), None, io::sink()).unwrap_err();
        assert!(matches!(
            error,
            Fault::TooLarge {
                limit: 1_048_576,
                ..
            }
        ));
    }

    #[test]
    fn a_transfer_ends_when_it_is_cancelled_or_its_time_is_over() {
        let cancel = Cancel::default();
        let limits = |total| Limits {
            total,
            ..Limits::default()
        };
        let run = |guard: &Guard, cancel_at: u64| {
            let transfer = Transfer {
                guard,
                expected: None,
                progress: &mut |octets, _| {
                    if octets >= cancel_at {
                        cancel.cancel();
                    }
                },
            };
            transfer.copy(io::repeat(7), io::sink(), unread, unwritten)
        };
        let error = run(&Guard::begin(limits(Duration::MAX), &cancel), 1_000_000);
        assert!(matches!(error, Err(Fault::Cancelled)));
        let guard = Guard::begin(limits(Duration::ZERO), &Cancel::default());
        assert!(matches!(run(&guard, u64::MAX), Err(Fault::TooSlow { .. })));
    }

    #[test]
    fn progress_is_told_of_octets_done_and_expected() {
        let mut told = Vec::new();
        let transfer = Transfer {
            guard: &guard(1 << 20),
            expected: Some(CHUNK as u64 + 1),
            progress: &mut |done, of| told.push((done, of)),
        };
        let file = vec![7; CHUNK + 1];
        transfer
            .copy(&file[..], io::sink(), unread, unwritten)
            .unwrap();
        let all = CHUNK as u64 + 1;
        assert_eq!(told, [(all - 1, Some(all)), (all, Some(all))]);
    }
}
