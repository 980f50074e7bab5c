//! A server of files over HTTP/1.1 on loopback, that can behave badly.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// What is answered at a path.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// A file, with an entity tag; who knows the tag is told that it has not changed.
    File {
        /// Its octets.
        body: Vec<u8>,
        /// Its entity tag.
        etag: &'static str,
    },
    /// A page for people in the place of a file.
    Page(&'static str),
    /// A status without a body.
    Status(u16),
    /// Look elsewhere.
    Redirect(String),
    /// A file of which only so many octets come, before the connection is closed.
    Cut(Vec<u8>, usize),
    /// A file of which only so many octets come, and then nothing more.
    Stall(Vec<u8>, usize),
}

/// A request that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The path.
    pub(crate) path: String,
    /// The headers, names in lower case.
    pub(crate) headers: HashMap<String, String>,
}

/// The server. It ends with the test.
pub(crate) struct FileServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    answers: Mutex<HashMap<String, Answer>>,
    asked: Mutex<Vec<Asked>>,
    ends: AtomicBool,
}

impl FileServer {
    /// One that has nothing yet: 404 for every path.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let serving = Arc::clone(&shared);
        let accepting = thread::spawn(move || {
            for stream in listener.incoming() {
                if serving.ends.load(SeqCst) {
                    return;
                }
                let (serving, stream) = (Arc::clone(&serving), stream.unwrap());
                thread::spawn(move || drop(serving.serve(&stream)));
            }
        });
        Self {
            address,
            shared,
            accepting: Some(accepting),
        }
    }

    /// Has another answer at a path.
    pub(crate) fn set(&self, path: &str, answer: Answer) {
        let mut answers = self.shared.answers.lock().unwrap();
        answers.insert(path.to_owned(), answer);
    }

    /// Where a path is.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What was asked for so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }
}

impl Drop for FileServer {
    fn drop(&mut self) {
        self.shared.ends.store(true, SeqCst);
        drop(TcpStream::connect(self.address));
        if let Some(accepting) = self.accepting.take() {
            accepting.join().unwrap();
        }
    }
}

impl Shared {
    /// Answers one request, and closes the connection.
    fn serve(&self, stream: &TcpStream) -> std::io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let asked = read_request(stream)?;
        let answers = self.answers.lock().unwrap();
        let answer = answers.get(&asked.path).cloned();
        drop(answers);
        self.asked.lock().unwrap().push(asked.clone());
        self.answer(stream, &asked, answer.unwrap_or(Answer::Status(404)))
    }

    fn answer(&self, mut to: &TcpStream, asked: &Asked, answer: Answer) -> std::io::Result<()> {
        let known = asked.headers.get("if-none-match").map(String::as_str);
        match answer {
            Answer::File { etag, .. } if known == Some(etag) => head(to, 304, &[("etag", etag)]),
            Answer::File { body, etag } => {
                let length = body.len().to_string();
                head(to, 200, &[("etag", etag), ("content-length", &length)])?;
                to.write_all(&body)
            }
            Answer::Page(page) => {
                let length = page.len().to_string();
                let html = ("content-type", "text/html; charset=utf-8");
                head(to, 200, &[html, ("content-length", &length)])?;
                to.write_all(page.as_bytes())
            }
            Answer::Status(status) => head(to, status, &[("content-length", "0")]),
            Answer::Redirect(location) => {
                head(to, 302, &[("location", &location), ("content-length", "0")])
            }
            Answer::Cut(body, octets) => self.part(to, &body, octets),
            Answer::Stall(body, octets) => {
                self.part(to, &body, octets)?;
                while !self.ends.load(SeqCst) {
                    thread::sleep(Duration::from_millis(20));
                }
                Ok(())
            }
        }
    }

    fn part(&self, mut to: &TcpStream, body: &[u8], octets: usize) -> std::io::Result<()> {
        let length = body.len().to_string();
        head(to, 200, &[("content-length", &length)])?;
        to.write_all(&body[..octets])?;
        to.flush()
    }
}

fn head(mut to: &TcpStream, status: u16, headers: &[(&str, &str)]) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {status} Told\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    to.write_all(head.as_bytes())
}

fn read_request(stream: &TcpStream) -> std::io::Result<Asked> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = HashMap::new();
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    Ok(Asked { path, headers })
}
