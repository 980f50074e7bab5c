//! What the operator says of networks besides prefix, VLAN and name.

use super::*;

fn opened(prefixes: &str, vlans: &str, name: &str) -> Result<Databases, DbError> {
    let mut files = all_files();
    let prefixes = written(&format!("attributes_{name}_prefixes.csv"), prefixes);
    let vlans = written(&format!("attributes_{name}_vlans.csv"), vlans);
    files.private_prefixes = Some(File::required(prefixes));
    files.private_prefixes_vlans = Some(File::required(vlans));
    Databases::open(&files)
}

fn error(prefixes: &str, vlans: &str, name: &str) -> String {
    opened(prefixes, vlans, name).unwrap_err().to_string()
}

fn at(databases: &Databases, addr: &str) -> String {
    told(&place(databases, addr))
}

#[test]
fn a_public_campus_network_gets_all_that_its_row_says() {
    let rows = "203.0.114.0/24,7,campus,64510,CH,47.4,-8.5\n203.0.114.9/32,8\n\
                2001:db9::/48,9,six,as4200000000,li\n2001:db9::1/128,10,,,,-47.5,8\n";
    let databases = opened("", rows, "campus").unwrap();
    assert_eq!(
        at(&databases, "203.0.114.1"),
        "203.0.114.0/24 | 64510 | - | CH | 47.4 | -8.5 | 7 | campus | public"
    );
    assert_eq!(
        at(&databases, "203.0.114.9"),
        "203.0.114.9/32 | 64510 | - | CH | 47.4 | -8.5 | 8 | campus | public",
        "a single host inherits what it does not say"
    );
    assert_eq!(
        at(&databases, "2001:db9::2"),
        "2001:db9::/48 | 4200000000 | - | LI | - | - | 9 | six | public"
    );
    assert_eq!(
        at(&databases, "2001:db9::1"),
        "2001:db9::1/128 | 4200000000 | - | LI | -47.5 | 8 | 10 | six | public"
    );
}

#[test]
fn what_an_own_network_says_wins_over_the_databases_value_by_value() {
    let known = "64496 | Example Network 0 | CH | 47.37 | 8.54";
    let databases = opened("198.19.1.0/24\n", "", "silent").unwrap();
    assert_eq!(
        at(&databases, "198.19.1.1"),
        format!("198.19.1.0/24 | {known} | - | - | private")
    );
    let databases = opened("198.19.1.0/24,,,LI\n", "", "country").unwrap();
    assert_eq!(
        at(&databases, "198.19.1.1"),
        "198.19.1.0/24 | 64496 | Example Network 0 | LI | 47.37 | 8.54 | - | - | private"
    );
}

#[test]
fn an_as_of_a_row_has_its_own_name_and_never_that_of_another() {
    let databases = opened(
        "198.19.1.0/24,,64498\n198.19.2.0/24,,65000\n",
        "",
        "as_names",
    );
    let databases = databases.unwrap();
    let origin = |addr| {
        let place = place(&databases, addr);
        (place.asn, place.as_name.as_deref().map(str::to_owned))
    };
    let named = |number: u8| format!("Example Network {number}");
    assert_eq!(origin("198.19.3.1"), (Some(64_496), Some(named(0))));
    assert_eq!(
        origin("198.19.1.1"),
        (Some(64_498), Some(named(2))),
        "the name that the ASN database has of it elsewhere"
    );
    assert_eq!(origin("198.19.2.1"), (Some(65_000), None));
}

#[test]
fn columns_are_found_by_the_names_in_the_header() {
    let prefixes = "Longitude,NAME,prefix,latitude,asn\n8.5,lab,203.0.114.0/24,47.5,N/A\n";
    let vlans = "subnet,VLAN id,Country\n203.0.114.0/25,5,ch\n";
    let databases = opened(prefixes, vlans, "header").unwrap();
    assert_eq!(
        at(&databases, "203.0.114.200"),
        "203.0.114.0/24 | - | - | - | 47.5 | 8.5 | - | lab | public"
    );
    assert_eq!(
        at(&databases, "203.0.114.1"),
        "203.0.114.0/25 | - | - | CH | 47.5 | 8.5 | 5 | lab | public"
    );
}

#[test]
fn a_header_that_cannot_be_followed_is_an_error() {
    let cases = [
        (
            "prefix,nmae",
            "",
            "found a column `nmae`; expected columns out of prefix, name, asn",
        ),
        (
            "prefix,vlan",
            "",
            "found a column `vlan`; expected columns out of prefix, name",
        ),
        (
            "prefix,name,Name",
            "",
            "found two columns `name`; expected each column once",
        ),
        (
            "name,asn",
            "",
            "found a header without `prefix`; expected prefix[,name[,asn",
        ),
        (
            "",
            "prefix,name",
            "found a header without `vlan`; expected prefix,vlan[,name",
        ),
        (
            "",
            "prefix,vlan,location",
            "found a column `location`; expected columns out of",
        ),
    ];
    for (i, (prefixes, vlans, text)) in cases.into_iter().enumerate() {
        let error = error(
            &format!("# first\n{prefixes}\n"),
            &format!("# first\n{vlans}\n"),
            &format!("headers_{i}"),
        );
        assert!(error.contains(&format!(": line 2: {text}")), "{error}");
    }
    let error = error("prefix,asn\n10.0.0.0/8,1,lab\n", "", "beyond");
    assert!(
        error.ends_with(
            "line 2: found a column too many, `lab`; expected prefix,asn, as the header says; \
             a name with a comma in quotes"
        ),
        "{error}"
    );
}

#[test]
fn a_value_that_cannot_be_says_what_would_be_right() {
    let asn = "an AS number from 1 to 4294967294 such as 64496 or AS64496, or nothing";
    let country = "a country of two letters (ISO 3166-1) such as CH, or nothing";
    let cases = [
        (",0", "`0`", asn),
        (",4294967295", "`4294967295`", asn),
        (",-1", "`-1`", asn),
        (",AS", "`AS`", asn),
        (",1.10", "`1.10`", asn),
        (",064496", "`064496`", asn),
        (",é", "`é`", asn),
        (",,CHE", "`CHE`", country),
        (",,1", "`1`", country),
        (",,,91,8", "`91`", "a latitude from -90 to 90 degrees"),
        (",,,nan,8", "`nan`", "a latitude from"),
        (",,,1e1,8", "`1e1`", "a latitude from"),
        (
            ",,,47.5,-180.1",
            "`-180.1`",
            "a longitude from -180 to 180 degrees",
        ),
        (",,,47.5,inf", "`inf`", "a longitude from"),
        (",,,47.5", "`47.5`", "a longitude as well, or no latitude"),
        (",,,N/A,8.5", "`8.5`", "a latitude as well, or no longitude"),
    ];
    for (i, (columns, found, expected)) in cases.into_iter().enumerate() {
        for (name, prefixes, vlans) in [
            ("p", format!("\n203.0.114.0/24,{columns}\n"), String::new()),
            (
                "v",
                String::new(),
                format!("\n203.0.114.0/24,9,{columns}\n"),
            ),
        ] {
            let error = error(&prefixes, &vlans, &format!("value_{i}_{name}"));
            let text = format!("line 2: found {found}; expected {expected}");
            assert!(error.contains(&text), "{columns}: {error}");
        }
    }
}

#[test]
fn the_two_files_may_not_contradict_each_other() {
    let cases = [
        (
            "lab",
            "office",
            "name of 10.0.0.0/8 is `lab`, but `office` in",
        ),
        (",1", ",2", "asn of 10.0.0.0/8 is `1`, but `2` in"),
        (",,CH", ",,LI", "country of 10.0.0.0/8 is `CH`, but `LI` in"),
        (
            ",,,1,2",
            ",,,1,3",
            "position of 10.0.0.0/8 is `1,2`, but `1,3` in",
        ),
    ];
    for (i, (one, two, text)) in cases.into_iter().enumerate() {
        let error = error(
            &format!("10.0.0.0/8,{one}\n"),
            &format!("10.0.0.0/8,5,{two}\n"),
            &format!("contradiction_{i}"),
        );
        assert!(error.contains(&format!("line 1: the {text} ")), "{error}");
        let (_, what) = error.split_once("give it one ").unwrap();
        assert!(text.starts_with(what.split_once(',').unwrap().0), "{error}");
    }
    let databases = opened("10.0.0.0/8,lab,1\n", "10.0.0.0/8,5,,1,CH\n", "agree").unwrap();
    assert_eq!(
        at(&databases, "10.0.0.1"),
        "10.0.0.0/8 | 1 | - | CH | - | - | 5 | lab | private"
    );
}
