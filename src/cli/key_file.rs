//! The file of the anonymization key: made at the first start, read at every later one.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use actors::keyholder::{KeySource, KeySourceError};
use mediation::anonymize::{Key, KeyLengthError};
use settings::Anonymizer;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyFileError {
    /// A new key cannot be written.
    #[error(
        "no new key in {}: {source}; make the directory writable, or set `recorder.directory` or \
         `anonymizer.key_file`", path.display()
    )]
    Make {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file cannot be read.
    #[error(
        "key file {}: {source}; make it readable, or set `recorder.directory` or \
         `anonymizer.key_file`", path.display()
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file does not hold a key.
    #[error("key file {}: {source}; restore the key, or move the file away to begin with a new one", path.display())]
    Length {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: KeyLengthError,
    },
    /// Others may read the file.
    #[error("key file {}: others than its owner may use it (mode {mode:04o}); run: chmod 600 {}", path.display(), path.display())]
    Rights {
        /// The file.
        path: PathBuf,
        /// Its rights.
        mode: u32,
    },
    /// There is a key already where one should be made.
    #[error("key file {}: there is a key already; move it away to begin with a new one", path.display())]
    There {
        /// The file.
        path: PathBuf,
    },
    /// There is no key where one should be.
    #[error("key file {}: no such file; `flowstream keygen` makes one", path.display())]
    Absent {
        /// The file.
        path: PathBuf,
    },
    /// The system gives no random numbers.
    #[error("no random numbers for a new key: {0}")]
    Random(getrandom::Error),
}

/// The name of the credential that may be the key.
const CREDENTIAL: &str = "anonymizer.key";

/// Rights that nobody but its owner may have on the file of a key.
const OF_OTHERS: u32 = 0o077;

/// Rights that nobody may have on a credential. systemd makes them readable for the service
/// alone; where it does so by an access control list, the group seems to have rights that
/// only the list's mask stands for (systemd.exec(5)).
const OF_ALL: u32 = 0o007;

/// Whether the key was there or was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// The file was there.
    There,
    /// It is a credential that the service was given.
    Credential,
    /// The file was made, with a new key.
    Made,
}

/// Where a key is, once there was one. It is read again there, and never made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeyPlace {
    /// A file of its owner.
    File(PathBuf),
    /// A credential of systemd.
    Credential(PathBuf),
}

impl KeySource for KeyPlace {
    fn read(&self) -> Result<Key, KeySourceError> {
        let (path, rights) = match self {
            Self::File(path) => (path, OF_OTHERS),
            Self::Credential(path) => (path, OF_ALL),
        };
        let absent = || KeyFileError::Absent { path: path.clone() };
        Ok(read(path, rights)?.ok_or_else(absent)?)
    }
}

/// The key that the settings speak of, and where it is: that of the file that they name, else
/// the credential of systemd, else that of the default file, which is made if there is none.
pub(crate) fn of(anonymizer: &Anonymizer) -> Result<(Key, Found, KeyPlace), KeyFileError> {
    let path = anonymizer.key_file();
    if !anonymizer.is_key_file_given()
        && let Some(directory) = std::env::var_os("CREDENTIALS_DIRECTORY")
    {
        let path = PathBuf::from(directory).join(CREDENTIAL);
        if let Some(key) = read(&path, OF_ALL)? {
            return Ok((key, Found::Credential, KeyPlace::Credential(path)));
        }
    }
    let (key, found) = read_or_make(path)?;
    Ok((key, found, KeyPlace::File(path.to_owned())))
}

/// The key that is there.
pub(crate) fn there(path: &Path) -> Result<Key, KeyFileError> {
    let absent = || KeyFileError::Absent {
        path: path.to_owned(),
    };
    read(path, OF_OTHERS)?.ok_or_else(absent)
}

/// A new key, in a new file.
pub(crate) fn new(path: &Path) -> Result<Key, KeyFileError> {
    expect_none(path)?;
    make(path)
}

/// Keeps a key in a new file.
pub(crate) fn keep(path: &Path, key: &Key) -> Result<(), KeyFileError> {
    expect_none(path)?;
    write(path, key.octets()).map_err(unwritable(path))
}

fn expect_none(path: &Path) -> Result<(), KeyFileError> {
    if read(path, OF_OTHERS)?.is_some() {
        let path = path.to_owned();
        return Err(KeyFileError::There { path });
    }
    Ok(())
}

/// The key in the file at `path`; a new one, in a new file of mode 0600, if there is none.
pub(crate) fn read_or_make(path: &Path) -> Result<(Key, Found), KeyFileError> {
    match read(path, OF_OTHERS)? {
        Some(key) => Ok((key, Found::There)),
        None => make(path).map(|key| (key, Found::Made)),
    }
}

fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> KeyFileError {
    let path = path.to_owned();
    move |source| KeyFileError::Read { path, source }
}

/// Wipes the octets.
fn key_of(path: &Path, octets: &mut [u8]) -> Result<Key, KeyFileError> {
    Key::taken(octets).map_err(|source| KeyFileError::Length {
        path: path.to_owned(),
        source,
    })
}

/// The key in a file that may have none of these rights; `None` if there is no file.
fn read(path: &Path, rights: u32) -> Result<Option<Key>, KeyFileError> {
    let file = match fs::File::open(path) {
        Ok(file) => file,
        // Below a file there is nothing either; making the directory will say why.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(unreadable(path)(error)),
    };
    let mode = file.metadata().map_err(unreadable(path))?.mode() & 0o7777;
    if mode & rights != 0 {
        return Err(KeyFileError::Rights {
            path: path.to_owned(),
            mode,
        });
    }
    // One octet more than a key has, so that a longer file is seen to be none.
    let mut octets = Vec::with_capacity(Key::LEN + 1);
    let read = file.take(Key::LEN as u64 + 1).read_to_end(&mut octets);
    let key = key_of(path, &mut octets).map(Some);
    read.map_err(unreadable(path))?;
    key
}

fn make(path: &Path) -> Result<Key, KeyFileError> {
    let mut octets = [0; Key::LEN];
    getrandom::fill(&mut octets).map_err(KeyFileError::Random)?;
    let written = write(path, &octets);
    let key = key_of(path, &mut octets);
    written.map_err(unwritable(path))?;
    key
}

fn unwritable(path: &Path) -> impl FnOnce(io::Error) -> KeyFileError {
    let path = path.to_owned();
    move |source| KeyFileError::Make { path, source }
}

/// Writes a new file whole or not at all: under another name first, then linked to its
/// own, which fails if another process was faster.
fn write(path: &Path, octets: &[u8]) -> io::Result<()> {
    if let Some(parent) = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    {
        DirBuilder::new()
            .recursive(true)
            .mode(0o755)
            .create(parent)?;
    }
    let new = path.with_added_extension(format!("new-{}", std::process::id()));
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)
        .and_then(|mut file| file.write_all(octets).and_then(|()| file.sync_all()))
        .and_then(|()| fs::hard_link(&new, path));
    fs::remove_file(&new)?;
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    struct Directory(PathBuf);

    impl Directory {
        fn new(name: &str) -> Self {
            let path =
                std::env::temp_dir().join(format!("flowstream-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Directory {
        fn drop(&mut self) {
            drop(fs::remove_dir_all(&self.0));
        }
    }

    #[test]
    fn a_key_is_made_once_for_its_owner_alone() {
        let directory = Directory::new("key");
        let path = directory.0.join("deep/anonymizer.key");
        let (made, found) = read_or_make(&path).unwrap();
        assert_eq!(found, Found::Made);
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o7777,
            0o600
        );
        let (again, found) = read_or_make(&path).unwrap();
        assert_eq!((found, again.octets()), (Found::There, made.octets()));
        assert_eq!(
            fs::read_dir(path.parent().unwrap()).unwrap().count(),
            1,
            "nothing is left over"
        );
    }

    #[test]
    fn a_credential_is_a_key_whose_rights_a_mask_may_hide() {
        let directory = Directory::new("credential");
        let path = directory.0.join(CREDENTIAL);
        let place = KeyPlace::Credential(path.clone());
        let error = place.read().unwrap_err().to_string();
        assert!(error.contains("no such file"), "{error}");
        fs::write(&path, [7; Key::LEN]).unwrap();
        for (mode, right) in [(0o400, true), (0o440, true), (0o444, false)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(place.read().is_ok(), right, "{mode:o}");
        }
        let file = KeyPlace::File(path.clone());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o440)).unwrap();
        assert!(file.read().is_err(), "a file is for its owner alone");
    }

    #[test]
    fn a_wrong_length_or_loose_rights_are_refused_with_the_remedy() {
        let directory = Directory::new("bad-key");
        let path = directory.0.join("k");
        for (octets, found) in [(31, "31"), (33, "33"), (0, "0")] {
            fs::write(&path, vec![7; octets]).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            let error = read_or_make(&path).unwrap_err().to_string();
            assert!(error.contains(&format!("found {found} octets")), "{error}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = read_or_make(&path).unwrap_err().to_string();
        assert!(
            error.contains("0640") && error.contains("chmod 600"),
            "{error}"
        );
    }
}
