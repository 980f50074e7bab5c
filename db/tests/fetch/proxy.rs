//! Fetches through a proxy.

use db::fetch::{Proxy, Request, Url};

use super::server::{Server, Step, answer, file, header};
use super::{came, refused, request};

/// A host that no name server knows; only the proxy is asked for it.
fn url() -> Url {
    "http://files.invalid/asn.gz".parse().unwrap()
}

fn through<'a>(proxy: &Server, user: &str, url: &'a Url) -> Request<'a> {
    let at = proxy.url("/").as_str().replace("//", &format!("//{user}"));
    let mut request = request(url);
    request.proxy = Proxy::At(at.parse().unwrap());
    request
}

#[test]
fn a_proxy_makes_a_tunnel_to_the_host() {
    let mut steps = vec![
        Step::Say(b"HTTP/1.1 200 Connection established\r\n\r\n".into()),
        Step::Hear,
    ];
    steps.extend(file(b"abc"));
    let proxy = Server::new(vec![steps]);
    let url = url();
    let request = through(&proxy, "anna:GEHEIM@", &url);
    assert_eq!(came("tunnel", &request).octets, b"abc");
    let heard = proxy.heard();
    assert!(
        heard[0].starts_with("CONNECT files.invalid:80 HTTP/1.1\r\n"),
        "{heard:?}"
    );
    let sent = header(&heard[0], "Proxy-Authorization");
    assert_eq!(sent, Some("Basic YW5uYTpHRUhFSU0="), "anna:GEHEIM");
    assert!(
        heard[1].starts_with("GET /asn.gz HTTP/1.1\r\n"),
        "{heard:?}"
    );
    assert_eq!(header(&heard[1], "Proxy-Authorization"), None);
}

#[test]
fn a_proxy_that_refuses_is_told_without_its_password() {
    let proxy = Server::new(vec![answer("407 Proxy Authentication Required", &[], b"")]);
    let url = url();
    let error = refused("refusing_proxy", &through(&proxy, "anna:GEHEIM@", &url));
    assert!(
        error.starts_with("the proxy does not connect to it: "),
        "{error}"
    );
    assert!(
        error.contains("407") && !error.contains("GEHEIM"),
        "{error}"
    );
}
