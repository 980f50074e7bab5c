//! Addresses of files.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::error::shown;

/// The longest address that is taken, in octets.
const OCTETS_MAX: usize = 4_096;

/// The address of a file: `http`, `https` or `file`.
///
/// A query may hold a key, or a signature that a redirect carries. So what is shown ends
/// with `?...` in place of it; [`as_str`](Self::as_str) has it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Url(url::Url);

/// An address cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("found {found}; expected {expected}")]
pub struct UrlError {
    /// What was found; without a secret.
    pub found: String,
    /// What would be right.
    pub expected: &'static str,
}

const EXPECTED: &str =
    "an address such as https://HOST/FILE, http://HOST/FILE or file:///DIRECTORY/FILE";

impl FromStr for Url {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let wrong = |found: String, expected| UrlError { found, expected };
        if text.len() > OCTETS_MAX {
            let found = format!("{} octets", text.len());
            return Err(wrong(found, "an address of at most 4096 octets"));
        }
        let without_query = || shown(text.split('?').next().unwrap_or_default());
        match url::Url::parse(text) {
            Ok(url) => Self::checked(url),
            // It may have a user and a password in front of the host.
            Err(error) if text.contains('@') => Err(wrong(error.to_string(), EXPECTED)),
            Err(_) => Err(wrong(without_query(), EXPECTED)),
        }
    }
}

impl Url {
    fn checked(mut url: url::Url) -> Result<Self, UrlError> {
        let wrong = |found: &str, expected| {
            let found = found.to_owned();
            Err(UrlError { found, expected })
        };
        if !url.username().is_empty() || url.password().is_some() {
            return wrong(
                "a user or password in the address",
                "these in a file of their own, named in the settings",
            );
        }
        url.set_fragment(None);
        let url = Self(url);
        match url.0.scheme() {
            "http" | "https" => Ok(url),
            "file" if url.file().is_some_and(|path| path.file_name().is_some()) => Ok(url),
            _ => wrong(&shown(&url.to_string()), EXPECTED),
        }
    }

    /// The whole text, with the query.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The path of a local file.
    pub(super) fn file(&self) -> Option<PathBuf> {
        (self.0.scheme() == "file").then_some(())?;
        self.0.to_file_path().ok()
    }

    pub(super) fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether both are of one scheme, host and port.
    pub(super) fn has_origin_of(&self, other: &Self) -> bool {
        self.0.origin() == other.0.origin()
    }

    /// Where a redirect leads from here (RFC 9110, 10.2.2): `Err` with what it says if
    /// that is not to http or https.
    pub(super) fn redirected(&self, location: &str) -> Result<Self, String> {
        let wrong = || shown(location.split('?').next().unwrap_or_default());
        if location.len() > OCTETS_MAX {
            return Err(wrong());
        }
        let to = self.0.join(location).map_err(|_| wrong())?;
        match Self::checked(to) {
            Ok(to) if to.file().is_none() => Ok(to),
            Ok(_) => Err(wrong()),
            Err(error) => Err(error.found),
        }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.as_str();
        match text.split_once('?') {
            Some((start, _)) => write!(f, "{start}?..."),
            None => f.write_str(text),
        }
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    fn refused(text: &str) -> String {
        text.parse::<Url>().unwrap_err().to_string()
    }

    #[test]
    fn an_address_is_shown_without_its_query() {
        let url = url("https://example.com/a/b?license_key=GEHEIM#part");
        assert_eq!(url.to_string(), "https://example.com/a/b?...");
        assert_eq!(format!("{url:?}"), "https://example.com/a/b?...");
        assert_eq!(url.as_str(), "https://example.com/a/b?license_key=GEHEIM");
    }

    #[test]
    fn an_address_that_cannot_be_used_is_refused_without_telling_a_secret() {
        for text in [
            "",
            "asn.mmdb",
            "ftp://example.com/asn",
            "https://",
            "file:///",
            "file://example.com/asn",
            "data:,x",
        ] {
            assert!(refused(text).contains("expected an address"), "{text}");
        }
        for text in [
            "https://anna:GEHEIM@example.com/asn",
            "https://GEHEIM@example.com/asn",
            "https://anna:GEHEIM@:x/asn",
            "ftp://example.com/asn?key=GEHEIM",
            "example.com/asn?key=GEHEIM",
        ] {
            let error = refused(text);
            assert!(!error.contains("GEHEIM"), "{error}");
        }
        let long = format!("https://example.com/{}", "x".repeat(OCTETS_MAX));
        assert!(refused(&long).contains("at most 4096 octets"));
    }

    #[test]
    fn a_local_file_has_a_path() {
        let path = url("file:///var/lib/a%20b.gz").file();
        assert_eq!(path, Some(PathBuf::from("/var/lib/a b.gz")));
        assert_eq!(url("file://localhost/a").file(), Some(PathBuf::from("/a")));
        assert_eq!(url("http://localhost/a").file(), None);
    }

    #[test]
    fn a_redirect_leads_on_from_where_it_was_given() {
        let from = url("https://example.com/a/b?q=1");
        let to = |location| from.redirected(location).map(|to| to.as_str().to_owned());
        for (location, right) in [
            ("c", "https://example.com/a/c"),
            ("../c d", "https://example.com/c%20d"),
            ("/c?x=y", "https://example.com/c?x=y"),
            ("//example.net/c", "https://example.net/c"),
            ("http://example.net", "http://example.net/"),
        ] {
            assert_eq!(to(location).as_deref(), Ok(right));
        }
        for location in [
            "file:///etc/passwd",
            "ftp://x/",
            "https://a:b@x/",
            "http://",
        ] {
            assert!(to(location).is_err(), "{location}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let here = url("https://example.com/a");
        assert!(here.has_origin_of(&url("https://EXAMPLE.com:443/b")));
        for other in [
            "http://example.com/a",
            "https://example.com:444/a",
            "https://a.example.com/a",
        ] {
            assert!(!here.has_origin_of(&url(other)), "{other}");
        }
    }
}
