//! Files of servers.

use std::io::{self, Read};
use std::path::Path;
use std::time::{Duration, SystemTime};

use ureq::http::header::{
    AUTHORIZATION, CONTENT_TYPE, ETAG, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
    LOCATION, RETRY_AFTER,
};
use ureq::http::{HeaderValue, Response};
use ureq::tls::TlsConfig;
use ureq::{Agent, Body, Timeout};

use crate::error::shown;

use super::copy::Transfer;
use super::error::{Fault, Sent};
use super::guard::Guard;
use super::transport::{Stopped, agent};
use super::url::Url;
use super::{Fetched, Request, Validators, authorities, html, temporary, unwritten};

/// Redirects that are followed.
const REDIRECTS_MAX: usize = 10;
/// The longest validator that is kept, in octets.
const VALIDATOR_MAX: usize = 1_024;

/// An answer, and where it comes from.
struct Answer {
    response: Response<Body>,
    from: Url,
    secret: Sent,
}

pub(super) fn fetch(
    request: &Request<'_>,
    guard: &Guard,
    directory: &Path,
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> Result<Fetched, Fault> {
    let answer = follow(request, guard)?;
    match answer.response.status().as_u16() {
        200 | 203 => receive(answer, guard, directory, progress),
        304 if request.known.is_some_and(is_any) => Ok(Fetched::NotModified),
        status => Err(refused(answer, status)),
    }
}

fn is_any(validators: &Validators) -> bool {
    *validators != Validators::default()
}

/// Asks, and asks again where redirects lead.
fn follow(request: &Request<'_>, guard: &Guard) -> Result<Answer, Fault> {
    let mut been = vec![request.url.clone()];
    let mut from = request.url.clone();
    loop {
        let secret = match request.secret {
            None => Sent::None,
            Some(_) if from.has_origin_of(request.url) => Sent::Sent,
            Some(_) => Sent::HeldBack,
        };
        let response = ask(request, guard, &from, secret)?;
        if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
            return Ok(Answer {
                response,
                from,
                secret,
            });
        }
        let to = redirected(&from, &response)?;
        if been.contains(&to) {
            let to = to.to_string();
            return Err(Fault::Circle { to });
        }
        if been.len() > REDIRECTS_MAX {
            let limit = REDIRECTS_MAX;
            return Err(Fault::Redirects { limit });
        }
        been.push(to.clone());
        from = to;
    }
}

fn redirected(from: &Url, response: &Response<Body>) -> Result<Url, Fault> {
    let location = text(response, &LOCATION).ok_or_else(|| Fault::Astray {
        found: "nowhere".to_owned(),
    })?;
    let to = from.redirected(location);
    let to = to.map_err(|found| Fault::Astray { found })?;
    if from.is_https() && !to.is_https() {
        let to = to.to_string();
        return Err(Fault::Downgrade { to });
    }
    Ok(to)
}

/// The text of a header, if it has one and that is ASCII.
fn text<'a>(response: &'a Response<Body>, name: &HeaderName) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

/// An agent for one question. Nothing is kept from one to the next.
fn agent_for(request: &Request<'_>, guard: &Guard, url: &Url) -> Result<Agent, Fault> {
    let connect = Some(guard.limits.connect);
    let mut config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_idle_connections(0)
        .user_agent(concat!("flowstream/", env!("CARGO_PKG_VERSION")))
        // The file is wanted as it is: how it is packed belongs to it.
        .accept_encoding("identity")
        .timeout_resolve(connect)
        .timeout_connect(connect)
        .timeout_global(Some(guard.left()))
        .proxy(request.proxy.resolve()?);
    if url.is_https() {
        let trusted = authorities::trusted(request.authorities)?;
        config = config.tls_config(TlsConfig::builder().root_certs(trusted).build());
    }
    Ok(agent(config.build(), guard))
}

fn ask(
    request: &Request<'_>,
    guard: &Guard,
    url: &Url,
    secret: Sent,
) -> Result<Response<Body>, Fault> {
    guard.check(0, None)?;
    let mut asked = agent_for(request, guard, url)?.get(url.as_str());
    let known = request.known.cloned().unwrap_or_default();
    let conditions = [
        (IF_NONE_MATCH, known.etag),
        (IF_MODIFIED_SINCE, known.last_modified),
    ];
    for (name, value) in conditions {
        // What cannot be a header is not one that came: it is asked without.
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
            asked = asked.header(name, value);
        }
    }
    if let (Some(auth), Sent::Sent) = (request.secret, secret) {
        let value = HeaderValue::from_str(&auth.header());
        if let Ok(mut value) = value {
            value.set_sensitive(true);
            asked = asked.header(AUTHORIZATION, value);
        }
    }
    let unanswered = |error| match fault(error, guard, 0, None) {
        Fault::Broken { source, .. } => Fault::Connect { source },
        Fault::Cut { .. } => Fault::Protocol {
            found: "the connection ended before an answer".to_owned(),
        },
        fault => fault,
    };
    asked.call().map_err(unanswered)
}

/// What an error of the library means, after so many octets of so many.
fn fault(error: ureq::Error, guard: &Guard, octets: u64, expected: Option<u64>) -> Fault {
    let other = |error: &dyn std::error::Error| Fault::Protocol {
        found: shown(&error.to_string()),
    };
    match error {
        ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => Fault::ConnectTime {
            limit: guard.limits.connect,
        },
        ureq::Error::Timeout(_) => guard.too_slow(octets, expected),
        ureq::Error::HostNotFound => Fault::NoHost,
        ureq::Error::ConnectProxyFailed(found) => Fault::Proxy {
            found: shown(&found),
        },
        ureq::Error::Rustls(error) => Fault::Tls {
            found: error.to_string(),
        },
        ureq::Error::Tls(found) => Fault::Tls {
            found: found.to_owned(),
        },
        ureq::Error::Io(source) => match source.kind() {
            // So does the library pass on what TLS says.
            io::ErrorKind::InvalidData => Fault::Tls {
                found: source.to_string(),
            },
            io::ErrorKind::UnexpectedEof => Fault::Cut { octets, expected },
            _ => Fault::Broken { octets, source },
        },
        ureq::Error::Other(error) => match error.downcast_ref::<Stopped>() {
            Some(Stopped::Cancelled) => Fault::Cancelled,
            Some(Stopped::Stalled) => Fault::Stalled {
                limit: guard.limits.stall,
                octets,
                expected,
            },
            None => other(&*error),
        },
        error => other(&error),
    }
}

/// Takes the file that an answer brings.
fn receive(
    answer: Answer,
    guard: &Guard,
    directory: &Path,
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> Result<Fetched, Fault> {
    let Answer { response, from, .. } = answer;
    if text(&response, &CONTENT_TYPE).is_some_and(is_page) {
        let title = html::title(&head(response.into_body()));
        return Err(Fault::Html { title });
    }
    let expected = response.body().content_length();
    let limit = guard.limits.octets;
    if let Some(found) = expected.filter(|found| *found > limit) {
        return Err(Fault::TooLarge { found, limit });
    }
    let validator = |name| {
        let value = text(&response, &name).filter(|value| value.len() <= VALIDATOR_MAX);
        value.map(str::to_owned)
    };
    let validators = Validators {
        etag: validator(ETAG),
        last_modified: validator(LAST_MODIFIED),
    };
    let mut temporary = temporary(directory)?;
    let unread = |error, octets| fault(ureq::Error::from(error), guard, octets, expected);
    let transfer = Transfer {
        guard,
        expected,
        progress,
    };
    let body = response.into_body().into_reader();
    let copied = transfer.copy(body, &mut temporary, unread, unwritten(directory))?;
    Ok(Fetched::New {
        temporary,
        octets: copied.octets,
        sha256: copied.sha256,
        validators,
        final_url: from.to_string(),
    })
}

/// Whether a media type is that of a page (RFC 9110, 8.3.1).
fn is_page(media: &str) -> bool {
    let kind = media.split(';').next().unwrap_or_default().trim();
    ["text/html", "application/xhtml+xml"]
        .iter()
        .any(|page| kind.eq_ignore_ascii_case(page))
}

/// The beginning of a body, as far as it comes.
fn head(body: Body) -> Vec<u8> {
    let mut head = Vec::new();
    let reader = body.into_reader();
    // What came before an error is enough: it is only shown.
    drop(reader.take(html::HEAD as u64).read_to_end(&mut head));
    head
}

fn refused(answer: Answer, status: u16) -> Fault {
    let retry_after = text(&answer.response, &RETRY_AFTER);
    let retry_after = retry_after.and_then(|value| rest(value, SystemTime::now()));
    Fault::Status {
        status,
        secret: answer.secret,
        retry_after,
        said: html::said(&head(answer.response.into_body())),
    }
}

/// The rest that a server asks for, in seconds or as a date (RFC 9110, 10.2.3).
fn rest(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|octet| octet.is_ascii_digit()) {
        // More than fits is for ever; what is made of that has a limit.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    Some(until.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rest_is_asked_for_in_seconds_or_as_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777 - 90);
        let seconds = |value| rest(value, now).map(|rest| rest.as_secs());
        assert_eq!(seconds("120"), Some(120));
        assert_eq!(seconds(" 0 "), Some(0));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:37 GMT"), Some(90));
        assert_eq!(seconds("Sun, 06 Nov 1983 08:49:37 GMT"), Some(0));
        assert_eq!(seconds("99999999999999999999999"), Some(u64::MAX));
        for value in ["", "-1", "soon", "1.5"] {
            assert_eq!(seconds(value), None, "{value}");
        }
    }

    #[test]
    fn pages_are_known_by_their_media_type() {
        for media in [
            "text/html",
            "Text/HTML; charset=utf-8",
            "application/xhtml+xml",
        ] {
            assert!(is_page(media), "{media}");
        }
        for media in ["", "text/plain", "application/octet-stream", "text/htmlx"] {
            assert!(!is_page(media), "{media}");
        }
    }
}
