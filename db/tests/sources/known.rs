//! Sources that are known by name.

use std::collections::BTreeSet;

use db::source::{Format, KnownSource, known};
use flow::Civil;

fn at(year: i32, month: u8, day: u8, hour: u8) -> Civil {
    Civil {
        year,
        month,
        day,
        hour,
        minute: 59,
        second: 59,
        milli: 999,
    }
}

fn urls(name: &str, now: Civil) -> Vec<String> {
    KnownSource::named(name).unwrap().urls(now)
}

#[test]
fn each_source_has_a_name_of_its_own_and_says_what_is_to_be_said_of_it() {
    let names: BTreeSet<&str> = known().iter().map(|source| source.name).collect();
    assert_eq!(names.len(), known().len());
    for source in known() {
        assert_eq!(KnownSource::named(source.name), Some(source));
        let is_plain =
            |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-';
        assert!(source.name.bytes().all(is_plain), "{}", source.name);
        for text in [source.licence, source.attribution, source.shape()] {
            assert!(text.len() >= 9, "{}: {text}", source.name);
        }
        assert!(source.homepage.starts_with("https://"), "{}", source.name);
        assert!(source.max_age_days >= 7, "{}", source.name);
    }
    assert_eq!(KnownSource::named("elsewhere"), None);
}

#[test]
fn every_format_has_a_source() {
    for format in Format::ALL {
        assert!(
            known().iter().any(|source| source.format == format),
            "{format}"
        );
    }
}

#[test]
fn each_source_says_where_its_newest_file_is_or_where_its_log_is() {
    for source in known() {
        let urls = source.urls(at(2026, 3, 1, 0));
        assert_eq!(urls.is_empty(), source.log().is_some(), "{}", source.name);
        for url in urls.iter().map(String::as_str).chain(source.log()) {
            assert!(url.starts_with("https://"), "{url}");
            assert!(!url.contains(['{', '}', ' ']), "{url}");
        }
        let once: BTreeSet<_> = urls.iter().collect();
        assert_eq!(once.len(), urls.len(), "{urls:?}");
    }
}

#[test]
fn a_monthly_database_is_looked_for_in_this_month_and_the_one_before() {
    let file = |month| format!("https://download.db-ip.com/free/dbip-city-lite-{month}.mmdb.gz");
    assert_eq!(
        urls("dbip-city-lite", at(2026, 12, 31, 0)),
        ["2026-12", "2026-11"].map(file)
    );
    assert_eq!(
        urls("dbip-city-lite", at(2026, 1, 1, 0)),
        ["2026-01", "2025-12"].map(file)
    );
    // A date that is only wrong by its day is none the less of a month.
    assert_eq!(
        urls("dbip-city-lite", at(2026, 2, 31, 0)),
        ["2026-02", "2026-01"].map(file)
    );
}

#[test]
fn a_dump_of_routeviews_is_looked_for_from_the_last_that_is_surely_whole_on() {
    let file = |time: (&str, &str)| {
        let (month, rest) = time;
        format!("https://archive.routeviews.org/bgpdata/{month}/RIBS/rib.{rest}.bz2")
    };
    let found = [
        ("2026.03", "20260301.0200"),
        ("2026.03", "20260301.0000"),
        ("2026.02", "20260228.2200"),
        ("2026.02", "20260228.2000"),
        ("2026.02", "20260228.1800"),
        ("2026.02", "20260228.1600"),
    ];
    assert_eq!(urls("routeviews", at(2026, 3, 1, 4)), found.map(file));
    assert_eq!(urls("routeviews", at(2026, 3, 1, 3)), found.map(file));
    assert_eq!(urls("routeviews", at(2026, 3, 1, 2))[0], file(found[1]));
    let new_year = file(("2025.12", "20251231.2200"));
    assert_eq!(urls("routeviews", at(2026, 1, 1, 0))[0], new_year);
    assert_eq!(urls("routeviews", at(2026, 2, 31, 0)), [""; 0]);
}

#[test]
fn the_newest_dump_of_ris_has_a_fixed_place_and_those_before_have_dates() {
    let found = urls("ripe-ris", at(2026, 3, 1, 8));
    assert_eq!(
        found,
        [
            "https://data.ris.ripe.net/rrc00/latest-bview.gz",
            "https://data.ris.ripe.net/rrc00/2026.03/bview.20260301.0000.gz",
            "https://data.ris.ripe.net/rrc00/2026.02/bview.20260228.1600.gz",
            "https://data.ris.ripe.net/rrc00/2026.02/bview.20260228.0800.gz",
        ]
    );
}

#[test]
fn only_maxmind_asks_for_an_account() {
    for source in known() {
        let is_maxmind = source.name.starts_with("geolite2-");
        assert_eq!(source.needs_account, is_maxmind, "{}", source.name);
    }
    let found = urls("geolite2-asn", at(2026, 3, 1, 8));
    let url = "https://download.maxmind.com/geoip/databases/GeoLite2-ASN/download?suffix=tar.gz";
    assert_eq!(found, [url]);
}

#[test]
fn the_newest_file_of_caida_is_the_one_that_its_log_says() {
    let source = KnownSource::named("caida-pfx2as-v6").unwrap();
    let log = "# new files\n\
               9\t1772330400\t2026/02/routeviews-rv6-20260228-1200.pfx2as.gz\n\
               8\t1772244000\t2026/02/routeviews-rv6-20260227-1200.pfx2as.gz\n";
    let folder = "https://publicdata.caida.org/datasets/routing/routeviews6-prefix2as/2026/02/";
    let found =
        ["20260228", "20260227"].map(|day| format!("{folder}routeviews-rv6-{day}-1200.pfx2as.gz"));
    assert_eq!(source.urls_in(log).unwrap(), found);
    let error = source.urls_in("<html>").unwrap_err().to_string();
    let said = format!(
        "{}: line 1: found `<html>`; expected",
        source.log().unwrap()
    );
    assert!(error.starts_with(&said), "{error}");
    let without = KnownSource::named("iptoasn").unwrap();
    assert_eq!(without.urls_in(log).unwrap(), [""; 0]);
}

#[test]
fn the_page_about_databases_names_each_source_its_licence_and_its_age() {
    let page = include_str!("../../README.md");
    for source in known() {
        let name = format!("`{}`", source.name);
        let row = page.lines().find(|line| {
            line.starts_with('|') && line.contains(&name) && line.ends_with(" days |")
        });
        let row = row.unwrap_or_else(|| panic!("no row of {name}"));
        let licence = source.licence.split([';', '(']).next().unwrap().trim();
        let credit = source.attribution.strip_prefix("Routing tables by the ");
        for said in [
            licence,
            credit.unwrap_or(source.attribution),
            &format!("`{}`", source.format),
            &format!("| {} days |", source.max_age_days),
        ] {
            assert!(row.contains(said), "{name}: {said}");
        }
    }
}
