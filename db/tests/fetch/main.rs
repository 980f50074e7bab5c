//! Files fetched from servers on this machine, and from the machine itself.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "all of this is test code; the exemption in clippy.toml sees only test functions"
)]

mod answers;
mod limits;
mod local;
mod proxy;
mod redirects;
mod server;
mod temporary;
mod tls;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use db::fetch::{FetchError, Fetched, Limits, Proxy, Request, Url, Validators, fetch};

/// A new, empty directory for a test.
fn directory(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fetch_{name}"));
    drop(fs::remove_dir_all(&path));
    fs::create_dir_all(&path).unwrap();
    path
}

/// The names of all files in a directory.
fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

/// A request straight to its host, with short limits.
fn request(url: &Url) -> Request<'_> {
    Request {
        proxy: Proxy::Direct,
        limits: Limits {
            octets: 1 << 20,
            connect: Duration::from_secs(10),
            stall: Duration::from_secs(10),
            total: Duration::from_secs(20),
        },
        ..Request::new(url)
    }
}

/// What comes of a request, and the directory it was for.
fn fetched(name: &str, request: &Request<'_>) -> (Result<Fetched, FetchError>, PathBuf) {
    let directory = directory(name);
    (fetch(request, &directory, &mut |_, _| {}), directory)
}

/// A file that came.
#[derive(Debug)]
struct Came {
    octets: Vec<u8>,
    sha256: String,
    validators: Validators,
    final_url: String,
}

/// The file that comes of a request.
fn came(name: &str, request: &Request<'_>) -> Came {
    let (fetched, directory) = fetched(name, request);
    let place = directory.join("file");
    let Fetched::New {
        temporary,
        octets,
        sha256,
        validators,
        final_url,
    } = fetched.unwrap()
    else {
        panic!("not modified");
    };
    temporary.commit(&place).unwrap();
    assert_eq!(names(&directory), ["file"]);
    let file = fs::read(place).unwrap();
    assert_eq!(octets, file.len() as u64);
    Came {
        octets: file,
        sha256: sha256.to_string(),
        validators,
        final_url,
    }
}

/// The text of the error that comes of a request, without the address in front. It has
/// left nothing behind.
fn refused(name: &str, request: &Request<'_>) -> String {
    let error = refusal(name, request).to_string();
    let start = format!("{}: ", request.url);
    error.strip_prefix(&start).unwrap().to_owned()
}

/// The error that comes of a request. It has left nothing behind.
fn refusal(name: &str, request: &Request<'_>) -> FetchError {
    let (fetched, directory) = fetched(name, request);
    assert_eq!(names(&directory), [""; 0]);
    match fetched {
        Err(error) => error,
        Ok(fetched) => panic!("{fetched:?}"),
    }
}
