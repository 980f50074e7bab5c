//! Which crate may know what: the arrows between the crates of the workspace, and the
//! one home of each foreign package.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The crates of the workspace, and which of them each may know.
const ARROWS: &[(&str, &[&str])] = &[
    ("flow", &[]),
    ("decode", &["flow"]),
    ("mediation", &["flow"]),
    ("dataset", &["flow"]),
    ("protocol", &["flow", "mediation"]),
    ("settings", &["flow"]),
    ("db", &["flow", "mediation"]),
    ("decoders", &["decode", "flow"]),
    ("lookups", &["db", "flow"]),
    (
        "actors",
        &[
            "dataset",
            "decode",
            "flow",
            "mediation",
            "protocol",
            "settings",
        ],
    ),
    (
        "flowstream",
        &[
            "actors",
            "dataset",
            "db",
            "decode",
            "flow",
            "mediation",
            "settings",
        ],
    ),
];

/// The crates that plain cargo leaves out: what they build, nothing else needs.
const APART: &[&str] = &["bench/decoders", "bench/lookups"];

/// The foreign packages that every crate may use: they are words of the trade.
const SHARED: &[&str] = &["proptest", "serde", "serde_json", "thiserror", "tracing"];

/// The crates that each other foreign package belongs to.
const HOMES: &[(&str, &[&str])] = &[
    ("actix", &["actors"]),
    ("actix-rt", &["actors"]),
    ("aes", &["mediation"]),
    ("base64", &["db"]),
    ("bytes", &["actors"]),
    ("bzip2", &["db"]),
    ("clap", &["flowstream"]),
    ("config", &["settings"]),
    ("crc32c", &["dataset"]),
    ("csv", &["db", "dataset", "decode"]),
    ("flate2", &["db", "flowstream"]),
    ("foldhash", &["mediation"]),
    ("futures-util", &["actors"]),
    ("getrandom", &["flowstream"]),
    ("hashbrown", &["mediation"]),
    ("hmac", &["mediation"]),
    ("httpdate", &["db"]),
    ("indicatif", &["flowstream"]),
    ("ipnet", &["db", "lookups"]),
    ("iprange", &["db", "lookups"]),
    ("itoa", &["protocol"]),
    ("maxminddb", &["db", "lookups"]),
    ("netflow_parser", &["decoders"]),
    ("netgauze-flow-pkt", &["decoders"]),
    ("netgauze-parse-utils", &["decoders"]),
    ("nix", &["actors", "decoders", "lookups"]),
    ("prefetch-index", &["mediation", "db"]),
    ("prefix-trie", &["lookups"]),
    ("rand_mt", &["mediation"]),
    ("rcgen", &["flowstream", "db"]),
    ("rustls", &["actors", "flowstream", "db"]),
    ("rustls-native-certs", &["db"]),
    ("ryu", &["protocol"]),
    ("sha2", &["dataset", "mediation", "db"]),
    ("socket2", &["actors", "flowstream"]),
    ("tar", &["db"]),
    ("tokio", &["actors"]),
    ("tokio-rustls", &["actors"]),
    ("tokio-util", &["actors"]),
    ("toml", &["settings"]),
    ("tracing-subscriber", &["flowstream"]),
    ("ureq", &["db"]),
    ("url", &["db"]),
    ("zeroize", &["mediation"]),
    ("zstd", &["dataset"]),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The packages of the workspace, as cargo sees them.
fn packages() -> Vec<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args([
        "metadata",
        "--format-version",
        "1",
        "--no-deps",
        "--offline",
    ]);
    let output = command.current_dir(root()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object[name].as_str().unwrap()
}

/// The dependencies of a package, also those of its tests.
fn dependencies(package: &Value) -> impl Iterator<Item = (&str, bool)> {
    let dependencies = package["dependencies"].as_array().unwrap().iter();
    dependencies.map(|of| (text(of, "name"), of["path"].is_string()))
}

/// The directory of a package.
fn directory(package: &Value) -> PathBuf {
    let manifest = Path::new(text(package, "manifest_path"));
    manifest.parent().unwrap().to_owned()
}

fn is_pure(package: &Value) -> bool {
    directory(package).starts_with(root().join("src"))
}

#[test]
fn the_workspace_has_these_crates_and_plain_cargo_covers_all_but_those_apart() {
    let packages = packages();
    let names: BTreeSet<&str> = packages
        .iter()
        .map(|package| text(package, "name"))
        .collect();
    assert_eq!(names, ARROWS.iter().map(|(name, _)| *name).collect());
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (_, members) = manifest.split_once("default-members = [").unwrap();
    let (members, _) = members.split_once(']').unwrap();
    assert!(members.contains("\".\""), "the program is one of them");
    for package in &packages {
        let directory = directory(package);
        let name = directory.strip_prefix(root()).unwrap().to_str().unwrap();
        let covered = members.contains(&format!("\"{name}\""));
        assert!(
            name.is_empty() || covered != APART.contains(&name),
            "{name}"
        );
    }
}

#[test]
fn arrows_between_crates_run_one_way() {
    let arrows: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    for package in packages() {
        let name = text(&package, "name");
        for (known, _) in dependencies(&package).filter(|(_, is_ours)| *is_ours) {
            assert!(
                arrows[name].contains(&known),
                "{name} must not know {known}"
            );
        }
    }
}

#[test]
fn every_foreign_package_has_one_home() {
    let homes: BTreeMap<&str, &[&str]> = HOMES.iter().copied().collect();
    let mut used = BTreeSet::new();
    for package in packages() {
        let name = text(&package, "name");
        for (foreign, _) in dependencies(&package).filter(|(_, is_ours)| !is_ours) {
            used.insert(foreign.to_owned());
            if SHARED.contains(&foreign) {
                continue;
            }
            let home = homes.get(foreign);
            let home = home.unwrap_or_else(|| panic!("{foreign}, used by {name}, has no home"));
            assert!(
                home.contains(&name),
                "{foreign} is at home in {home:?}, not in {name}"
            );
        }
    }
    for foreign in homes.keys().chain(SHARED) {
        assert!(
            used.contains(*foreign),
            "nobody uses {foreign}: it needs no home"
        );
    }
}

#[test]
fn the_pure_crates_know_neither_runtime_nor_system() {
    let impure = [
        "actix",
        "actix-rt",
        "getrandom",
        "nix",
        "socket2",
        "tokio",
        "tokio-util",
    ];
    for package in packages().iter().filter(|package| is_pure(package)) {
        for (foreign, _) in dependencies(package) {
            assert!(
                !impure.contains(&foreign),
                "{}: {foreign}",
                text(package, "name")
            );
        }
    }
}

/// The lines of the root manifest that pin a foreign package: name, and all of the line.
fn pins() -> Vec<(String, String)> {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (_, section) = manifest.split_once("[workspace.dependencies]\n").unwrap();
    let section = section.split("\n[").next().unwrap();
    let lines = section.lines().filter(|line| line.contains(" = "));
    let foreign = lines.filter(|line| !line.contains("path = "));
    let pin = |line: &str| {
        (
            line.split(" = ").next().unwrap().to_owned(),
            line.to_owned(),
        )
    };
    foreign.map(pin).collect()
}

#[test]
fn every_pinned_package_says_its_home_and_why_it_is_here() {
    let homes: BTreeMap<&str, &[&str]> = HOMES.iter().copied().collect();
    let pins = pins();
    for (name, line) in &pins {
        let (_, comment) = line
            .split_once(" # ")
            .unwrap_or_else(|| panic!("no comment: {line}"));
        let Some(crates) = homes.get(name.as_str()) else {
            continue;
        };
        let (home, reason) = comment.split_once("; ").unwrap_or_default();
        let home = home.strip_prefix("home: ");
        let home = home.unwrap_or_else(|| panic!("no `home: CRATE; reason`: {line}"));
        assert!(!reason.is_empty(), "no reason: {line}");
        for name in *crates {
            let name = if *name == "flowstream" {
                "the program"
            } else {
                name
            };
            assert!(home.contains(name), "it is at home in {name}: {line}");
        }
    }
    let pinned: BTreeSet<&str> = pins.iter().map(|(name, _)| name.as_str()).collect();
    let known: BTreeSet<&str> = homes.keys().chain(SHARED).copied().collect();
    assert_eq!(pinned, known, "pins, and homes of this test");
}

#[test]
fn every_crate_takes_its_versions_and_lints_from_the_workspace() {
    for package in packages() {
        let manifest = fs::read_to_string(text(&package, "manifest_path")).unwrap();
        let name = text(&package, "name");
        assert!(manifest.contains("[lints]\nworkspace = true"), "{name}");
        for line in manifest
            .lines()
            .take_while(|line| *line != "[workspace.dependencies]")
        {
            assert!(
                !line.contains("version = \"") || name == "flowstream",
                "{name}: {line}"
            );
        }
    }
}

#[test]
fn every_crate_forbids_unsafe_code() {
    for package in packages() {
        let directory = directory(&package).join("src");
        let roots = [directory.join("lib.rs"), directory.join("main.rs")];
        let root = roots.iter().find(|path| path.is_file()).unwrap();
        let source = fs::read_to_string(root).unwrap();
        assert!(
            source.contains("\n#![forbid(unsafe_code)]\n"),
            "{}",
            root.display()
        );
    }
}

#[test]
fn the_law_of_purity_is_written_once() {
    assert!(root().join("src/clippy.toml").is_file());
    for package in packages().iter().filter(|package| is_pure(package)) {
        for name in ["clippy.toml", ".clippy.toml", "src/clippy.toml"] {
            let path = directory(package).join(name);
            // The program's own is the law itself.
            let is_law = text(package, "name") == "flowstream";
            assert!(is_law || !path.is_file(), "{}", path.display());
        }
    }
}
