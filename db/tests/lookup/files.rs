//! Which files are opened, and which are refused before they are read.

use super::*;

#[test]
fn with_no_files_only_special_purpose_blocks_are_known() {
    let databases = Databases::open(&Files::default()).unwrap();
    assert_eq!(
        told(&place(&databases, "10.0.0.1")),
        "10.0.0.0/8 | - | - | - | - | - | - | Private-Use | private"
    );
    assert_eq!(
        told(&place(&databases, "8.8.8.8")),
        "- | - | - | - | - | - | - | - | public"
    );
    assert!(databases.summary().is_empty() && databases.absent().is_empty());
    assert!(!databases.is_own("10.0.0.1".parse().unwrap()));
}

#[test]
fn a_missing_file_that_is_not_required_is_listed_as_absent() {
    let mut files = all_files();
    files.city = Some(File::optional("nowhere/city.mmdb"));
    files.private_prefixes = Some(File::optional("nowhere/prefixes.csv"));
    let databases = Databases::open(&files).unwrap();
    let absent: Vec<_> = databases.absent().iter().map(ToString::to_string).collect();
    assert_eq!(
        absent,
        [
            "nowhere/prefixes.csv: list of own prefixes: no such file, not used",
            "nowhere/city.mmdb: city database: no such file, not used",
        ]
    );
    assert_eq!(databases.summary().len(), 3);
    let known = told(&place(&databases, "198.19.0.1"));
    assert!(
        known.contains("| CH | - | - |"),
        "country without position: {known}"
    );
}

#[test]
fn a_missing_file_that_is_required_is_an_error_that_says_what_to_do() {
    let error = open_asn(Path::new("nowhere/asn.mmdb")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "nowhere/asn.mmdb: no such file, but the ASN database is required: put the file there, \
         name another one in the settings, or do not require it"
    );
    assert_eq!(error.path(), Some(Path::new("nowhere/asn.mmdb")));
}

#[test]
fn a_directory_is_no_file() {
    let error = open_prefixes(&crate_file("fixture")).unwrap_err();
    assert!(matches!(error, DbError::NotAFile { .. }), "{error}");
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_even_if_it_is_not_required() {
    let path = crate_file("fixture/asn.mmdb/inside");
    let error = Databases::open(&Files {
        private_prefixes: Some(File::optional(&path)),
        ..Files::default()
    })
    .unwrap_err();
    assert!(matches!(error, DbError::Read { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains("fixture/asn.mmdb/inside: cannot be read: "),
        "{error}"
    );
}

/// A file of that size without content; most file systems keep no octet of it.
fn sparse(name: &str, size: u64) -> PathBuf {
    let path = written(name, "");
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(size).unwrap();
    path
}

#[test]
fn a_file_beyond_its_limit_is_refused_unread() {
    let prefix_limit = 64 * 1024 * 1024;
    let path = sparse("too_large.csv", prefix_limit + 1);
    let error = open_prefixes(&path).unwrap_err();
    assert!(
        matches!(error, DbError::TooLarge { limit, .. } if limit == prefix_limit),
        "{error}"
    );

    let database_limit = 2 * 1024 * 1024 * 1024;
    let path = sparse("too_large.mmdb", database_limit + 1);
    let error = open_city(&path).unwrap_err();
    assert!(
        matches!(error, DbError::TooLarge { limit, found, .. }
            if limit == database_limit && found == limit + 1),
        "{error}"
    );
    std::fs::remove_file(path).unwrap();
}

/// Files are read whole and not mapped: one that is cut short meanwhile would end the
/// process with a signal.
#[test]
fn b115_a_database_that_is_cut_short_while_in_use_harms_nothing() {
    let octets = std::fs::read(crate_file("fixture/asn.mmdb")).unwrap();
    let path = written("cut_while_in_use.mmdb", &octets);
    let databases = open_asn(&path).unwrap();
    let known = told(&place(&databases, "198.19.0.1"));
    assert!(!known.starts_with("- | -"), "{known}");
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    for len in [octets.len() as u64 / 2, 1, 0] {
        file.set_len(len).unwrap();
        assert_eq!(told(&place(&databases, "198.19.0.1")), known);
    }
    assert!(open_asn(&path).is_err(), "what is opened anew is refused");
}
