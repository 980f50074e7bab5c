//! A whole pipeline in this process, with its sockets and files, and clients of each format.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use mediation::anonymize::{Epochs, KeyRing, Scheme};
use serde_json::Value;
use settings::{Sources, text_override};

use super::search::traffic;
use crate::ActorsError;
use crate::accounting::{Accounting, Totals};
use crate::edition::Edition;
use crate::librarian::{Library, LibraryError, Stock, Update};
use crate::pipeline::{Ended, Parts, Started, Stop, run};
use crate::selection::Selection;
use crate::simulation::rig::key;
use crate::test_directory::TestDirectory;

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it looks.
const LOOK: Duration = Duration::from_millis(5);

type Service = JoinHandle<Result<(Ended, Totals), ActorsError>>;

/// The running pipeline.
pub(super) struct House {
    service: Service,
    stop: Stop,
    exporters: SocketAddr,
    clients: Vec<(&'static str, JoinHandle<Vec<u8>>)>,
    accounting: Arc<Accounting>,
    directory: TestDirectory,
}

/// What it left behind.
pub(super) struct Left {
    /// What each client got, and the headers of segments.
    pub(super) outputs: Vec<(String, Vec<u8>)>,
    pub(super) totals: Totals,
    pub(super) directory: TestDirectory,
}

/// No database.
struct Nothing;

impl Library for Nothing {
    fn files(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    fn open(&self) -> Result<Edition, LibraryError> {
        Ok(Edition::unknown())
    }

    fn update(&self) -> Update {
        Update::default()
    }

    fn age(&self) -> Option<Duration> {
        None
    }

    fn reopen(&self, _: &Value) -> Result<Edition, LibraryError> {
        self.open()
    }
}

fn parts(directory: &Path, falls_max: usize) -> Parts {
    let falls_max = format!("supervision.falls_max={falls_max}");
    let short = [
        "receiver.listen=[\"127.0.0.1:0\"]",
        "receiver.listen_tcp=[]",
        "clients.listen=[\"127.0.0.1:0\"]",
        "databases.update=false",
        "aggregator.idle_timeout=\"1 s\"",
        "aggregator.exporter_active_timeout=\"1 s\"",
        "aggregator.slack=\"0 s\"",
        "aggregator.linger=\"0 s\"",
        "supervision.backoff_min=\"1 ms\"",
        "supervision.backoff_max=\"1 ms\"",
        &falls_max,
    ];
    let mut overrides: Vec<String> = short.iter().map(ToString::to_string).collect();
    overrides.push(text_override(
        "recorder.directory",
        &directory.to_string_lossy(),
    ));
    let sources = Sources {
        files: Vec::new(),
        overrides,
        environment: Vec::new(),
    };
    Parts {
        settings: settings::load(&sources).unwrap(),
        stock: Stock::open(Arc::new(Nothing)).unwrap(),
        keys: KeyRing::new(Scheme::STANDARD, Epochs::Off, key()),
        key_source: None,
        selection: Selection::default(),
        elements: Arc::default(),
        tls: None,
    }
}

/// Asks for a format, and reads to the end of the stream.
fn client(address: SocketAddr, format: &str) -> JoinHandle<Vec<u8>> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let request = format!("{{\"start\":\"earliest\",\"format\":\"{format}\"}}\n");
    stream.write_all(request.as_bytes()).unwrap();
    thread::spawn(move || {
        let mut got = Vec::new();
        stream.read_to_end(&mut got).unwrap();
        got
    })
}

impl House {
    /// One whose stages may fall so often.
    pub(super) fn open(name: &str, falls_max: usize) -> Self {
        let directory = TestDirectory::new(name);
        let parts = parts(directory.path(), falls_max);
        let (stop, (tell, told)) = (Stop::default(), mpsc::channel::<Started>());
        let its_stop = stop.clone();
        let service = thread::spawn(move || {
            run(parts, &its_stop, |started| {
                tell.send(started.clone()).unwrap();
            })
        });
        let started = told.recv_timeout(PATIENCE).unwrap();
        let address = started.clients[0];
        let clients = ["jsonl", "csv", "legacy"].map(|format| (format, client(address, format)));
        Self {
            service,
            stop,
            exporters: started.exporters[0].address,
            clients: clients.into(),
            accounting: started.accounting,
            directory,
        }
    }

    fn send(&self, from: &str, datagrams: impl IntoIterator<Item = Vec<u8>>) {
        let socket = UdpSocket::bind((from, 0)).unwrap();
        for datagram in datagrams {
            let sent = socket.send_to(&datagram, self.exporters).unwrap();
            assert_eq!(sent, datagram.len());
        }
    }

    /// Flows of these numbers to a port.
    pub(super) fn send_to(&self, port: u16, numbers: std::ops::Range<u16>) {
        let firsts = numbers.clone().step_by(30);
        let datagrams = firsts.map(|first| {
            let end = numbers.end.min(first + 30);
            traffic::v5_to(port, first.into(), first..end)
        });
        self.send(traffic::EXPORTERS[0], datagrams);
    }

    /// A datagram of each protocol, and what is wrong with each.
    pub(super) fn send_all_protocols(&self) {
        let [v5, v9, ipfix, sflow] = traffic::EXPORTERS;
        self.send(v5, [traffic::v5(0)]);
        self.send(v9, [traffic::v9(0)]);
        self.send(ipfix, [traffic::ipfix(0)]);
        self.send(sflow, [traffic::sflow(0)]);
        self.send(v5, traffic::malformed());
    }

    /// Waits until the counters are as they are to be.
    pub(super) fn wait_for(&self, enough: impl Fn(&Totals) -> bool) {
        let begun = Instant::now();
        while !enough(&self.accounting.totals()) {
            let totals = self.accounting.totals();
            assert!(begun.elapsed() < PATIENCE, "it does not come: {totals:?}");
            thread::sleep(LOOK);
        }
    }

    /// Drains it.
    pub(super) fn close(self) -> Left {
        self.stop.drain.cancel();
        let (_, totals) = self.service.join().unwrap().unwrap();
        let prepared = self.directory.path().join("prepared");
        let mut outputs = headers(&prepared);
        let manifest = fs::read(prepared.join("manifest.jsonl")).unwrap();
        outputs.push(("the manifest".to_owned(), manifest));
        for (format, client) in self.clients {
            outputs.push((format.to_owned(), client.join().unwrap()));
        }
        Left {
            outputs,
            totals,
            directory: self.directory,
        }
    }
}

/// The headers of all segments, which are not compressed, and what lies beside them.
fn headers(prepared: &Path) -> Vec<(String, Vec<u8>)> {
    let mut headers = Vec::new();
    for entry in fs::read_dir(prepared).unwrap() {
        let path = entry.unwrap().path();
        let mut octets = fs::read(&path).unwrap();
        if path.extension().is_some_and(|extension| extension == "zst") {
            let len = u32::from_le_bytes(octets[4..8].try_into().unwrap());
            octets = octets[8..8 + len as usize - 4].to_vec();
        }
        if !octets.is_empty() {
            headers.push((path.display().to_string(), octets));
        }
    }
    assert!(headers.len() > 1, "a segment and a manifest");
    headers
}

/// A directory is for its owner alone.
pub(super) fn assert_private(directory: &Path) {
    let mode = fs::metadata(directory).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "{}", directory.display());
}
