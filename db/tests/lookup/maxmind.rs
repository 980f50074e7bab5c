//! MaxMind's own test databases, where they lie beside the workspace.

use super::*;

/// The folder of vectors; `None`, with a word about it, where there is none.
fn vectors(part: &str) -> Option<PathBuf> {
    let path = crate_file("../../shared/data/vectors/maxmind").join(part);
    if path.is_dir() {
        return Some(path);
    }
    println!("left out: no test data at {}", path.display());
    None
}

/// All databases below a folder.
fn databases_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(databases_below(&path));
        } else if path
            .extension()
            .is_some_and(|extension| extension == "mmdb")
        {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Opens a file as each kind and, where it opens, looks addresses up.
fn opens_as(path: &Path) -> String {
    let mut kinds = String::new();
    let openings = [
        ("C", open_country(path)),
        ("P", open_city(path)),
        ("A", open_asn(path)),
    ];
    for (kind, result) in openings {
        match result {
            Ok(databases) => {
                kinds.push_str(kind);
                for i in 0..=255_u8 {
                    databases.place([i, 1, 1, i].into());
                    databases.place(std::net::Ipv6Addr::from([i; 16]).into());
                }
            }
            Err(error) => assert_eq!(error.path(), Some(path), "{error}"),
        }
    }
    kinds
}

#[test]
fn every_bad_database_is_an_error_and_none_a_panic_or_a_hang() {
    let Some(folder) = vectors("bad-data") else {
        return;
    };
    let files = databases_below(&folder);
    assert!(files.len() > 15, "{files:?}");
    for file in files {
        assert_eq!(opens_as(&file), "", "{}", file.display());
    }
}

#[test]
fn good_and_broken_test_databases_open_as_what_they_are() {
    let Some(folder) = vectors("test-data") else {
        return;
    };
    let expected = [
        ("GeoIP2-City-Shield-Test", "CP"),
        ("GeoIP2-City-Test", "CP"),
        ("GeoIP2-Country-Shield-Test", "C"),
        ("GeoIP2-Country-Test", "C"),
        ("GeoIP2-Enterprise-Shield-Test", "CP"),
        ("GeoIP2-Enterprise-Test", "CP"),
        ("GeoIP2-ISP-Test", "A"),
        ("GeoIP2-Precision-Enterprise-Shield-Test", "CP"),
        ("GeoIP2-Precision-Enterprise-Test", "CP"),
        ("GeoLite2-ASN-Test", "A"),
        ("GeoLite2-City-Test", "CP"),
        ("GeoLite2-Country-Test", "C"),
    ];
    let opened: Vec<_> = databases_below(&folder)
        .into_iter()
        .map(|path| {
            (
                path.file_stem().unwrap().to_string_lossy().into_owned(),
                opens_as(&path),
            )
        })
        .filter(|(_, kinds)| !kinds.is_empty())
        .collect();
    let opened: Vec<_> = opened
        .iter()
        .map(|(name, kinds)| (&**name, &**kinds))
        .collect();
    assert_eq!(opened, expected);
}

#[test]
fn known_addresses_have_the_known_answers() {
    let Some(folder) = vectors("test-data") else {
        return;
    };
    let file = |name| Some(File::required(folder.join(name)));
    let databases = Databases::open(&Files {
        country: file("GeoLite2-Country-Test.mmdb"),
        city: file("GeoLite2-City-Test.mmdb"),
        asn: file("GeoLite2-ASN-Test.mmdb"),
        ..Files::default()
    })
    .unwrap();
    for (addr, expected) in [
        (
            "1.128.0.1",
            "1.128.0.0/11 | 1221 | Telstra Pty Ltd | - | - | -",
        ),
        (
            "12.81.92.1",
            "12.81.92.0/22 | 7018 | AT&T Services | - | - | -",
        ),
        ("81.2.69.142", "- | - | - | GB | 51.5142 | -0.0931"),
        (
            "89.160.20.128",
            "89.160.0.0/17 | 29518 | Bredband2 AB | SE | 58.4167 | 15.6167",
        ),
        ("2.125.160.216", "- | - | - | GB | 51.75 | -1.25"),
        (
            "2600:6000::1",
            "2600:6000::/20 | 237 | Merit Network Inc. | - | - | -",
        ),
        ("2001:218::1", "- | - | - | JP | 35.68536 | 139.75309"),
        ("8.8.8.8", "- | - | - | - | - | -"),
    ] {
        let expected = format!("{expected} | - | - | public");
        assert_eq!(told(&place(&databases, addr)), expected, "{addr}");
    }
}
