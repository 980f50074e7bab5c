//! The table of the world beside what the operator has.

use std::time::Duration;

use db::flowdb::Header;
use db::{Builder, Kept, Kind, Statement, Statements};
use flow::{CountryCode, Position};

use super::*;

/// A table of the world that knows a little of the addresses of the fixtures, and more.
fn world(name: &str) -> PathBuf {
    let mut builder = Builder::default();
    let mut state = |statement: Statement<'_>| builder.state(statement).unwrap();
    for (prefix, asn, peers) in [
        ("198.19.0.0/24", 64_600, 1),
        ("203.0.113.0/24", 64_601, 1),
        ("203.0.113.0/24", 64_602, 3),
        ("192.168.1.0/24", 64_603, 1),
    ] {
        let prefix = prefix.parse().unwrap();
        state(Statement::Origin { prefix, asn, peers });
        let country = CountryCode::new("LI").unwrap();
        state(Statement::Country { prefix, country });
        let position = Position::new(47.0, 9.5).unwrap();
        state(Statement::Position { prefix, position });
    }
    for (asn, name) in [(64_602, "World"), (64_496, "Another name")] {
        state(Statement::AsName { asn, name });
    }
    let mut octets = Vec::new();
    let header = Header {
        builder: "a test".to_owned(),
        ..Header::default()
    };
    builder.build().write_to(&mut octets, &header).unwrap();
    written(name, octets)
}

fn with_world(files: Files, name: &str) -> Files {
    Files {
        global: Some(File::required(world(name))),
        ..files
    }
}

fn known(databases: &Databases, addr: &str) -> String {
    told(&place(databases, addr))
}

#[test]
fn it_counts_where_the_operator_says_nothing_and_before_special_purpose_blocks() {
    let databases = Databases::open(&with_world(Files::default(), "world.flowdb")).unwrap();
    assert_eq!(
        known(&databases, "203.0.113.1"),
        "203.0.113.0/24 | 64602 | World | LI | 47 | 9.5 | - | - | private"
    );
    assert_eq!(
        known(&databases, "192.168.2.1"),
        "192.168.0.0/16 | - | - | - | - | - | - | Private-Use | private"
    );
    assert_eq!(
        known(&databases, "8.8.8.8"),
        "- | - | - | - | - | - | - | - | public"
    );
    assert!(!databases.is_own("203.0.113.1".parse().unwrap()));
}

#[test]
fn the_operators_databases_and_networks_and_the_site_count_before_it() {
    let mut files = with_world(all_files(), "world_last.flowdb");
    let own = written(
        "world_last.csv",
        "192.168.1.0/25,lab,64610\n192.168.0.0/16\n",
    );
    files.private_prefixes = Some(File::required(own));
    files.site.country = CountryCode::new("CH");
    let databases = Databases::open(&files).unwrap();
    assert_eq!(
        known(&databases, "198.19.0.1"),
        "198.19.0.0/20 | 64496 | Example Network 0 | CH | 47.37 | 8.54 | - | - | private",
        "a database of the operator's, though its prefix is shorter"
    );
    assert_eq!(
        known(&databases, "192.168.1.1"),
        "192.168.1.0/25 | 64610 | - | CH | 47 | 9.5 | - | lab | private"
    );
    assert_eq!(
        known(&databases, "192.168.1.129"),
        "192.168.0.0/16 | 64603 | - | CH | 47 | 9.5 | - | - | private",
        "each attribute for itself"
    );
}

#[test]
fn a_lookup_for_people_shows_the_other_origins() {
    let databases = Databases::open(&with_world(Files::default(), "world_lookup.flowdb")).unwrap();
    let found = databases.lookup("203.0.113.1".parse().unwrap());
    let origins: Vec<_> = found.origins.iter().map(|it| (it.asn, it.peers)).collect();
    assert_eq!(origins, [(64_602, 3), (64_601, 1)]);
    assert_eq!(found.place, place(&databases, "203.0.113.1"));
}

#[test]
fn it_is_named_among_the_sources_and_kept_for_replays() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("world_kept");
    drop(std::fs::remove_dir_all(&directory));
    let kept = Kept::new(directory, 3, Duration::from_secs(60));
    let files = with_world(Files::default(), "world_kept.flowdb");
    let (databases, is_kept) = Databases::open_and_keep(&files, &kept).unwrap();
    is_kept.unwrap();
    let made_of = databases.made_of().clone();
    let source = &made_of.sources[0];
    assert_eq!(
        (source.kind, source.name.as_deref()),
        (Kind::Global, Some("a test"))
    );
    let text = serde_json::to_string(source).unwrap();
    assert!(text.contains("\"kind\":\"global\""), "{text}");
    let again = Databases::reopen(&made_of, &kept, Site::default()).unwrap();
    assert_eq!(
        known(&again, "203.0.113.1"),
        known(&databases, "203.0.113.1")
    );
    let line = databases.summary()[0].to_string();
    assert!(line.contains(": table of the world: "), "{line}");
}

#[test]
fn one_that_is_absent_is_told_and_one_that_is_damaged_refused_by_name() {
    let absent = Files {
        global: Some(File::optional(crate_file("no_such.flowdb"))),
        ..Files::default()
    };
    let databases = Databases::open(&absent).unwrap();
    assert_eq!(databases.absent()[0].kind, Kind::Global);
    let octets = std::fs::read(world("world_damaged.flowdb")).unwrap();
    let cut = written("world_damaged.flowdb", &octets[..octets.len() - 1]);
    let files = Files {
        global: Some(File::required(cut.clone())),
        ..Files::default()
    };
    let error = Databases::open(&files).unwrap_err();
    assert_eq!(error.path(), Some(cut.as_path()));
    assert!(error.to_string().contains("cut short: found"), "{error}");
}
