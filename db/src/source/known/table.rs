//! The sources, one after the other.

use super::KnownSource;
use super::place::{Place, Url};
use crate::source::Format;

pub(super) const KNOWN: [KnownSource; 11] = [
    KnownSource {
        name: "routeviews",
        format: Format::Mrt,
        licence: "CC BY 4.0",
        attribution: "Routing tables by the University of Oregon RouteViews Project, \
                      https://www.routeviews.org",
        homepage: "https://www.routeviews.org",
        max_age_days: 7,
        needs_account: false,
        place: Place::Urls(&[Url::Hourly {
            url: "https://archive.routeviews.org/bgpdata/{year}.{month}/RIBS/rib.{year}{month}{day}.{hour}00.bz2",
            every: 2,
            after: 1,
            tries: 6,
        }]),
    },
    KnownSource {
        name: "ripe-ris",
        format: Format::Mrt,
        licence: "RIPE NCC's terms of service; for products, those of commercial use of RIS",
        attribution: "Routing tables by the Routing Information Service (RIS) of the RIPE NCC, \
                      https://ris.ripe.net",
        homepage: "https://ris.ripe.net",
        max_age_days: 7,
        needs_account: false,
        place: Place::Urls(&[
            Url::Newest("https://data.ris.ripe.net/rrc00/latest-bview.gz"),
            Url::Hourly {
                url: "https://data.ris.ripe.net/rrc00/{year}.{month}/bview.{year}{month}{day}.{hour}00.gz",
                every: 8,
                after: 1,
                tries: 3,
            },
        ]),
    },
    KnownSource {
        name: "caida-pfx2as",
        place: Place::Log {
            folder: "https://publicdata.caida.org/datasets/routing/routeviews-prefix2as/",
            log: "https://publicdata.caida.org/datasets/routing/routeviews-prefix2as/pfx2as-creation.log",
        },
        ..CAIDA
    },
    KnownSource {
        name: "caida-pfx2as-v6",
        place: Place::Log {
            folder: "https://publicdata.caida.org/datasets/routing/routeviews6-prefix2as/",
            log: "https://publicdata.caida.org/datasets/routing/routeviews6-prefix2as/pfx2as-creation.log",
        },
        ..CAIDA
    },
    KnownSource {
        name: "dbip-asn-lite",
        place: Place::Urls(&[Url::Monthly(
            "https://download.db-ip.com/free/dbip-asn-lite-{year}-{month}.mmdb.gz",
        )]),
        ..DB_IP
    },
    KnownSource {
        name: "dbip-city-lite",
        place: Place::Urls(&[Url::Monthly(
            "https://download.db-ip.com/free/dbip-city-lite-{year}-{month}.mmdb.gz",
        )]),
        ..DB_IP
    },
    KnownSource {
        name: "dbip-country-lite",
        place: Place::Urls(&[Url::Monthly(
            "https://download.db-ip.com/free/dbip-country-lite-{year}-{month}.mmdb.gz",
        )]),
        ..DB_IP
    },
    KnownSource {
        name: "geolite2-asn",
        place: Place::Urls(&[Url::Newest(
            "https://download.maxmind.com/geoip/databases/GeoLite2-ASN/download?suffix=tar.gz",
        )]),
        ..MAXMIND
    },
    KnownSource {
        name: "geolite2-city",
        place: Place::Urls(&[Url::Newest(
            "https://download.maxmind.com/geoip/databases/GeoLite2-City/download?suffix=tar.gz",
        )]),
        ..MAXMIND
    },
    KnownSource {
        name: "geolite2-country",
        place: Place::Urls(&[Url::Newest(
            "https://download.maxmind.com/geoip/databases/GeoLite2-Country/download?suffix=tar.gz",
        )]),
        ..MAXMIND
    },
    KnownSource {
        name: "iptoasn",
        format: Format::IpToAsn,
        licence: "PDDL 1.0 (public domain)",
        attribution: "AS data by IPtoASN, https://iptoasn.com",
        homepage: "https://iptoasn.com",
        max_age_days: 7,
        needs_account: false,
        place: Place::Urls(&[Url::Newest(
            "https://iptoasn.com/data/ip2asn-combined.tsv.gz",
        )]),
    },
];

/// What the files of CAIDA have in common; they are made daily.
const CAIDA: KnownSource = KnownSource {
    name: "",
    format: Format::Pfx2As,
    licence: "CAIDA Acceptable Use Agreement",
    attribution: "Routeviews Prefix to AS mappings Dataset for IPv4 and IPv6, \
                  https://www.caida.org/catalog/datasets/routeviews-prefix2as/",
    homepage: "https://www.caida.org/catalog/datasets/routeviews-prefix2as/",
    max_age_days: 7,
    needs_account: false,
    place: Place::Urls(&[]),
};

/// What the databases of DB-IP have in common; they are made monthly.
const DB_IP: KnownSource = KnownSource {
    name: "",
    format: Format::MaxMind,
    licence: "CC BY 4.0",
    attribution: "IP Geolocation by DB-IP, https://db-ip.com",
    homepage: "https://db-ip.com/db/lite.php",
    max_age_days: 35,
    needs_account: false,
    place: Place::Urls(&[]),
};

/// What the databases of `MaxMind` have in common; they are made at least weekly, and one
/// must not be used for more than 30 days after the next came out.
const MAXMIND: KnownSource = KnownSource {
    name: "",
    format: Format::MaxMind,
    licence: "GeoLite End User License Agreement",
    attribution: "This product includes GeoLite Data created by MaxMind, available from \
                  https://www.maxmind.com",
    homepage: "https://dev.maxmind.com/geoip/geolite2-free-geolocation-data",
    max_age_days: 14,
    needs_account: true,
    place: Place::Urls(&[]),
};
