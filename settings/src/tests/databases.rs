//! `[databases]`: sources by name and by table, and where they are kept.

use std::path::Path;
use std::time::Duration;

use super::{Given, site};

fn sources(list: &str) -> Given {
    site(&format!("[databases]\nsources = {list}\n"))
}

/// The one error, without its place.
fn error(list: &str) -> String {
    let errors = sources(list).errors();
    let said: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let [one] = said.as_slice() else {
        panic!("{said:?}")
    };
    let start = "settings/site.toml:2: databases.sources";
    one.strip_prefix(start).expect("the place").to_owned()
}

#[test]
fn databases_are_beside_the_datasets_unless_they_have_a_directory() {
    let beside = Given::default().set("recorder.directory=\"flows\"");
    let settings = beside.settings();
    assert_eq!(
        settings.databases().directory(),
        Path::new("flows/databases")
    );
    let own = site("[databases]\ndirectory = \"/srv/world\"\n").settings();
    assert_eq!(own.databases().directory(), Path::new("/srv/world"));
}

#[test]
fn sources_keep_the_order_in_which_they_are_named() {
    let settings = sources("[\"b\", { name = \"a\" }]").settings();
    let found = settings.databases().sources();
    let names: Vec<&str> = found.iter().map(|source| source.name()).collect();
    assert_eq!(names, ["b", "a"]);
    assert!(found.iter().all(|source| source.urls().is_empty()));
    assert!(found.iter().all(|source| source.format().is_none()));
}

#[test]
fn a_source_of_ones_own_says_all_of_itself() {
    let settings = sources(
        "[{ name = \"mine\", url = [\"https://a.example/x\", \"file:///srv/x\"], \
         format = \"mmdb\", max_age = \"7 d\", account = \"account.txt\" }]",
    )
    .settings();
    let [mine] = settings.databases().sources() else {
        panic!("one source")
    };
    assert_eq!(mine.key(), "databases.sources[0]");
    assert_eq!(mine.urls(), ["https://a.example/x", "file:///srv/x"]);
    assert_eq!(mine.format(), Some("mmdb"));
    assert_eq!(mine.max_age(), Some(Duration::from_secs(7 * 86_400)));
    assert_eq!(mine.account(), Some(Path::new("account.txt")));
}

#[test]
fn a_wrong_source_is_told_with_its_place() {
    let name = "expected a name of 1 to 64 of a-z, 0-9, - and _";
    let url =
        "expected an address that begins with https://, http:// or file://, or a list of them";
    for (list, expected) in [
        ("[\"A\"]", format!("[0]: found \"A\"; {name}")),
        ("[\"../x\"]", format!("[0]: found \"../x\"; {name}")),
        (
            "[\"a\", \"a\"]",
            "[1]: found \"a\"; expected each source only once".to_owned(),
        ),
        (
            "[{ url = \"https://a.example/\" }]",
            "[0]: found a table with url; expected a table with a name".to_owned(),
        ),
        (
            "[{ name = \"a\", uri = \"x\" }]",
            "[0]: found the key uri; expected name, url, format, max_age, account".to_owned(),
        ),
        (
            "[{ name = \"a\", url = \"ftp://a.example/\" }]",
            format!("[0]: found \"ftp://a.example/\"; {url}"),
        ),
        (
            "[{ name = \"a\", url = [] }]",
            format!("[0]: found []; {url}"),
        ),
        (
            "[{ name = \"a\", max_age = \"1 s\" }]",
            "[0]: found \"1 s\"; expected a duration from 1 h to 3650 d as max_age".to_owned(),
        ),
        (
            "[{ name = \"a\", format = 5 }]",
            "[0]: found 5; expected a text as format".to_owned(),
        ),
    ] {
        assert_eq!(error(list), expected, "{list}");
    }
    let many = format!("[{}]", "\"a\",".repeat(65));
    assert!(error(&many).ends_with("expected a list of 0 to 64 sources"));
}

#[test]
fn credentials_in_an_address_are_refused_and_not_shown() {
    let said = error("[{ name = \"a\", url = \"https://me:secret@a.example/\" }]");
    assert_eq!(
        said,
        "[0]: found an address with credentials; expected credentials in a file, as account"
    );
}

#[test]
fn a_stall_is_shorter_than_the_whole() {
    let given = site("[databases]\nstall_timeout = \"2 min\"\ndownload_timeout = \"1 min\"\n");
    let errors = given.errors();
    let first = errors.iter().next().expect("an error").to_string();
    assert_eq!(
        first,
        "settings/site.toml:2: databases.stall_timeout: found \"2 min\"; expected at most \
         databases.download_timeout, which is \"1 min\" (settings/site.toml:3)"
    );
}
