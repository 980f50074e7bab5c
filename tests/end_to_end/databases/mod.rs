//! The global database: fetched, built, told of, looked up in, and used by the service.

mod bad_input;
mod commands;
mod files;
mod service;

use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::support::Scratch;
use crate::support::http::{Answer, FileServer};
use crate::support::program::{Outcome, finish, program, start};

/// Ranges as IPtoASN writes them, of an AS that is told apart by its number.
fn iptoasn(asn: u32) -> Vec<u8> {
    format!(
        "198.18.0.0\t198.19.255.255\t{asn}\tCH\tEXAMPLE-{asn}\n\
         2001:db8::\t2001:db8:ffff:ffff:ffff:ffff:ffff:ffff\t{asn}\tCH\tEXAMPLE-{asn}\n"
    )
    .into_bytes()
}

fn file(body: Vec<u8>, etag: &'static str) -> Answer {
    Answer::File { body, etag }
}

/// `--set` for one source called `mine`, in that format, at these places.
fn source(format: &str, urls: &[String]) -> String {
    format!("databases.sources=[{{ name = \"mine\", format = \"{format}\", url = {urls:?} }}]")
}

/// Runs `flowstream db ...` with one source and short limits.
fn db(scratch: &Scratch, source: &str, args: &[&str]) -> Outcome {
    let mut command = program(scratch);
    command.arg("db").args(args);
    for set in [
        source,
        "databases.directory=\"world\"",
        "databases.stall_timeout=\"1 s\"",
        "enricher.private_prefixes=\"\"",
        "enricher.private_prefixes_vlans=\"\"",
    ] {
        command.args(["--set", set]);
    }
    finish(start(&mut command))
}

/// What `db lookup` says of an address.
fn lookup(scratch: &Scratch, source: &str, addr: &str) -> Value {
    let outcome = db(scratch, source, &["lookup", "--format", "jsonl", addr]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    serde_json::from_str(&outcome.stdout).unwrap()
}

/// The lines of `db status` as objects.
fn status(scratch: &Scratch, source: &str) -> Vec<Value> {
    let outcome = db(scratch, source, &["status", "--format", "jsonl"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let lines = outcome.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Has the file of the source be so many days old.
fn make_older(scratch: &Scratch, days: u64) {
    let path = scratch.join("world/manifest.json");
    let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let confirmed = &mut manifest["sources"]["mine"]["file"]["confirmed"];
    *confirmed = (confirmed.as_u64().unwrap() - days * 86_400).into();
    fs::write(&path, manifest.to_string()).unwrap();
}

/// Nothing half done is left in the directory.
fn assert_tidy(scratch: &Scratch) {
    for directory in ["world", "world/sources"] {
        let Ok(entries) = fs::read_dir(scratch.join(directory)) else {
            continue;
        };
        for entry in entries {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let known = ["sources", ".lock", "manifest.json", "global.flowdb", "mine"];
            assert!(known.contains(&name.as_str()), "{directory}/{name}");
        }
    }
}

/// Octets packed by gzip.
fn gzip(octets: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(octets).unwrap();
    packer.finish().unwrap()
}

/// A file of the project.
fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("db/fixture")
        .join(name);
    fs::read(path).unwrap()
}

/// A server with a source, and the setting for it.
fn served(answer: Answer) -> (FileServer, String) {
    let server = FileServer::start();
    server.set("/mine", answer);
    let source = source("iptoasn", &[server.url("/mine")]);
    (server, source)
}
