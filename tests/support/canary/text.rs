//! Addresses in their own notations.

use std::net::Ipv6Addr;

use super::numbers::runs;
use super::{Canaries, Found, around, hex};

impl Canaries {
    /// Dotted or with colons, whole or shortened, as names of the reverse zones too.
    pub(super) fn find_addresses(&self, text: &str) -> Option<Found> {
        for (at, run) in runs(text, |c| c.is_ascii_hexdigit() || ":.".contains(c)) {
            let found = self.dotted(run).or_else(|| self.with_colons(run));
            if let Some(octets) = found.or_else(|| self.nibbles(run)) {
                return Some(Found {
                    how: "an address",
                    what: hex(&octets),
                    around: around(text, at),
                });
            }
        }
        None
    }

    fn dotted(&self, run: &str) -> Option<Vec<u8>> {
        for run in run.split(|c: char| c != '.' && !c.is_ascii_digit()) {
            let parts: Vec<Option<u8>> = run.split('.').map(|part| part.parse().ok()).collect();
            for window in parts.windows(4) {
                let octets: Option<Vec<u8>> = window.iter().copied().collect();
                if let Some(octets) = octets.filter(|octets| self.is_one(octets)) {
                    return Some(octets);
                }
            }
        }
        None
    }

    /// With or without a port behind it.
    fn with_colons(&self, run: &str) -> Option<Vec<u8>> {
        let trimmed = run.trim_end_matches('.');
        let before_port = trimmed.rsplit_once(':').map(|(before, _)| before);
        let written = [Some(run), Some(trimmed), before_port]
            .into_iter()
            .flatten();
        let mut addrs = written.filter_map(|text| text.parse::<Ipv6Addr>().ok());
        let octets = addrs.find_map(|addr| {
            let octets = addr.octets();
            // An address of IPv4 may be its end.
            (self.is_one(&octets) || self.is_one(&octets[12..])).then_some(octets)
        });
        octets.map(Vec::from)
    }

    /// Digit by digit, as in `ip6.arpa`.
    fn nibbles(&self, run: &str) -> Option<Vec<u8>> {
        let parts: Vec<&str> = run.split('.').collect();
        for window in parts.windows(32) {
            if window.iter().all(|part| part.len() == 1) {
                let octets = window.chunks(2);
                let backwards = octets.rev().map(|pair| [pair[1], pair[0]].concat());
                let octets: Option<Vec<u8>> = backwards
                    .map(|pair| u8::from_str_radix(&pair, 16).ok())
                    .collect();
                if let Some(octets) = octets.filter(|octets| self.is_one(octets)) {
                    return Some(octets);
                }
            }
        }
        None
    }
}
