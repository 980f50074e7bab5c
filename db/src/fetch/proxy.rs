//! Which way a fetch takes.

use std::fmt;

use ureq::ProxyProtocol;

use super::error::Fault;
use super::url::UrlError;

/// Which way a fetch takes to its host. Through a proxy it is a tunnel (CONNECT; RFC 9110,
/// 9.3.6) for http as for https. A local file needs none.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum Proxy {
    /// What the environment says: the first of `ALL_PROXY`, `HTTPS_PROXY` and `HTTP_PROXY`
    /// that is set, in capitals or not, for http and https, unless `NO_PROXY` names the
    /// host, or a domain with a dot or `*.` in front that it is in.
    #[default]
    Environment,
    /// None.
    Direct,
    /// This one.
    At(ProxyUrl),
}

/// The address of a proxy: `http://` or `https://`, with `USER:PASSWORD@` in front of the
/// host if it wants them. Nothing prints these.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyUrl(url::Url);

impl std::str::FromStr for ProxyUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let url = url::Url::parse(text).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
        let wrong = || UrlError {
            // It is not quoted: it may have a password.
            found: "something else".to_owned(),
            expected: "a proxy such as http://HOST:PORT or https://USER:PASSWORD@HOST:PORT",
        };
        url.map(Self).ok_or_else(wrong)
    }
}

impl fmt::Display for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.0.host_str().unwrap_or_default();
        write!(f, "{}://{host}", self.0.scheme())?;
        match self.0.port() {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment => f.write_str("Environment"),
            Self::Direct => f.write_str("Direct"),
            Self::At(at) => f.debug_tuple("At").field(at).finish(),
        }
    }
}

impl Proxy {
    pub(super) fn resolve(&self) -> Result<Option<ureq::Proxy>, Fault> {
        let found = match self {
            Self::Direct => None,
            Self::Environment => ureq::Proxy::try_from_env(),
            Self::At(ProxyUrl(at)) => {
                let proxy = ureq::Proxy::new(at.as_str());
                let found = "an address that cannot be used".to_owned();
                Some(proxy.map_err(|_| Fault::Proxy { found })?)
            }
        };
        match found.as_ref().map(ureq::Proxy::protocol) {
            None | Some(ProxyProtocol::Http | ProxyProtocol::Https) => Ok(found),
            Some(other) => Err(Fault::ProxyKind {
                found: format!("{other:?}").to_lowercase(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_prints_the_password_of_a_proxy() {
        let at: ProxyUrl = "http://anna:GEHEIM@proxy.example:3128".parse().unwrap();
        assert_eq!(at.to_string(), "http://proxy.example:3128");
        let printed = format!("{:?}", Proxy::At(at));
        assert_eq!(printed, "At(http://proxy.example:3128)");
        let error = "socks5://anna:GEHEIM@proxy.example".parse::<ProxyUrl>();
        assert!(!error.unwrap_err().to_string().contains("GEHEIM"));
    }

    #[test]
    fn a_proxy_has_scheme_and_host() {
        for text in [
            "",
            "proxy:3128",
            "socks5://proxy",
            "file:///proxy",
            "http://",
        ] {
            assert!(text.parse::<ProxyUrl>().is_err(), "{text}");
        }
    }
}
