//! A server that says what a test wants, to as many connections as it wants, and ends.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use db::fetch::Url;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Nothing here takes longer.
const LONG: Duration = Duration::from_secs(20);

/// What a server does on a connection, after it has heard a request.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Says something.
    Say(Vec<u8>),
    /// Hears another request.
    Hear,
    /// Waits.
    Rest(Duration),
    /// Says nothing until the client goes away.
    Stall,
}

/// A server that has an address, and no answers yet.
pub(crate) struct Bound {
    listener: TcpListener,
    scheme: &'static str,
    tls: Option<Arc<ServerConfig>>,
}

/// A server that answers.
pub(crate) struct Server {
    address: SocketAddr,
    scheme: &'static str,
    thread: JoinHandle<Vec<String>>,
}

/// The steps of an answer without more to it than its octets.
pub(crate) fn say(octets: impl Into<Vec<u8>>) -> Vec<Step> {
    vec![Step::Say(octets.into())]
}

/// The steps of an answer with status, headers (`NAME: VALUE`) and body.
pub(crate) fn answer(status: &str, headers: &[&str], body: &[u8]) -> Vec<Step> {
    let mut octets = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n", body.len());
    for header in headers {
        octets += &format!("{header}\r\n");
    }
    octets += "\r\n";
    say([octets.as_bytes(), body].concat())
}

/// The steps of a file.
pub(crate) fn file(body: &[u8]) -> Vec<Step> {
    answer("200 OK", &[], body)
}

fn url(scheme: &str, address: SocketAddr, path: &str) -> Url {
    format!("{scheme}://{address}{path}").parse().unwrap()
}

impl Bound {
    pub(crate) fn new() -> Self {
        Self {
            listener: TcpListener::bind(("127.0.0.1", 0)).unwrap(),
            scheme: "http",
            tls: None,
        }
    }

    pub(crate) fn over_tls(config: ServerConfig) -> Self {
        Self {
            scheme: "https",
            tls: Some(Arc::new(config)),
            ..Self::new()
        }
    }

    pub(crate) fn url(&self, path: &str) -> Url {
        url(self.scheme, self.listener.local_addr().unwrap(), path)
    }

    /// Answers so many connections, one after the other.
    pub(crate) fn answering(self, answers: Vec<Vec<Step>>) -> Server {
        let Self {
            listener,
            scheme,
            tls,
        } = self;
        let address = listener.local_addr().unwrap();
        let thread = thread::spawn(move || {
            let mut heard = Vec::new();
            for steps in answers {
                let Some(stream) = accept(&listener) else {
                    break;
                };
                let served = match &tls {
                    None => serve(stream, &steps, &mut heard),
                    Some(config) => {
                        let connection = ServerConnection::new(Arc::clone(config)).unwrap();
                        let mut stream = StreamOwned::new(connection, stream);
                        let served = serve(&mut stream, &steps, &mut heard);
                        stream.conn.send_close_notify();
                        drop(stream.flush());
                        served
                    }
                };
                // A client may go away when it has heard enough.
                drop(served);
            }
            heard
        });
        Server {
            address,
            scheme,
            thread,
        }
    }
}

impl Server {
    /// One that answers so many connections.
    pub(crate) fn new(answers: Vec<Vec<Step>>) -> Self {
        Bound::new().answering(answers)
    }

    pub(crate) fn url(&self, path: &str) -> Url {
        url(self.scheme, self.address, path)
    }

    /// What it was asked, when it has answered all connections.
    pub(crate) fn heard(self) -> Vec<String> {
        self.thread.join().unwrap()
    }
}

fn accept(listener: &TcpListener) -> Option<TcpStream> {
    listener.set_nonblocking(true).unwrap();
    let begun = Instant::now();
    while begun.elapsed() < LONG {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false).unwrap();
                stream.set_read_timeout(Some(LONG)).unwrap();
                stream.set_write_timeout(Some(LONG)).unwrap();
                return Some(stream);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                thread::sleep(Duration::from_millis(2));
            }
            Err(error) => panic!("{error}"),
        }
    }
    None
}

fn serve(mut stream: impl Read + Write, steps: &[Step], heard: &mut Vec<String>) -> io::Result<()> {
    heard.push(hear(&mut stream)?);
    for step in steps {
        match step {
            Step::Say(octets) => {
                stream.write_all(octets)?;
                stream.flush()?;
            }
            Step::Hear => heard.push(hear(&mut stream)?),
            Step::Rest(time) => thread::sleep(*time),
            Step::Stall => {
                let _end = stream.read(&mut [0])?;
            }
        }
    }
    Ok(())
}

/// A request up to its empty line; it has no body.
fn hear(stream: &mut impl Read) -> io::Result<String> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut octet = [0];
        stream.read_exact(&mut octet)?;
        request.extend(octet);
    }
    Ok(String::from_utf8(request).unwrap())
}

/// The value of a header of a request.
pub(crate) fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = request.lines().filter_map(|line| line.split_once(": "));
    let found = lines.find(|(found, _)| found.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value)
}
