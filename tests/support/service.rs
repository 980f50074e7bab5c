//! The running service: its log, its ports, its end.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle, panicking};
use std::time::Instant;

use serde_json::Value;

use super::program::wait;
use super::{LOOK, PATIENCE};

/// A started service. It is killed if the test does not end it.
pub(crate) struct Service {
    child: Child,
    log: Arc<Log>,
    reader: Option<JoinHandle<()>>,
    exporters: Vec<SocketAddr>,
    tcp: Vec<SocketAddr>,
    tls: Vec<SocketAddr>,
    clients: Vec<SocketAddr>,
}

/// What a service that ended left behind.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The exit code; `None` after a signal.
    pub(crate) code: Option<i32>,
    /// All lines of its log, and what else came on standard error.
    pub(crate) log: String,
}

/// Lines as they come.
#[derive(Default)]
struct Log {
    state: Mutex<(Vec<String>, bool)>,
    news: Condvar,
}

impl Log {
    fn read(&self, stderr: ChildStderr) {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            self.state.lock().unwrap().0.push(line);
            self.news.notify_all();
        }
        self.state.lock().unwrap().1 = true;
        self.news.notify_all();
    }

    fn text(&self) -> String {
        self.state.lock().unwrap().0.join("\n")
    }

    /// The first line that is looked for, once it is there.
    fn wait_for<T>(&self, what: &str, find: impl Fn(&Value) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.state.lock().unwrap();
        let mut seen = 0;
        loop {
            let new = state.0.iter().skip(seen);
            let mut objects = new.filter_map(|line| serde_json::from_str(line).ok());
            if let Some(found) = objects.find_map(|line| find(&line)) {
                return found;
            }
            seen = state.0.len();
            let left = deadline.saturating_duration_since(Instant::now());
            if state.1 || left.is_zero() {
                let log = state.0.join("\n");
                drop(state);
                panic!("no {what} in the log:\n{log}");
            }
            state = self.news.wait_timeout(state, left).unwrap().0;
        }
    }
}

fn message(line: &Value) -> &str {
    line["message"].as_str().unwrap_or_default()
}

/// The address in a line such as `listening for clients on tcp 127.0.0.1:11338`.
fn address(line: &str, before: &str) -> Option<SocketAddr> {
    let (_, after) = line.split_once(before)?;
    after.split([',', ' ', '"']).next()?.parse().ok()
}

impl Service {
    pub(super) fn start(command: &mut Command) -> Self {
        let mut service = Self::spawn(command);
        service.find_ports();
        service
    }

    /// One that listens at these ports, once it lets clients in.
    pub(super) fn start_at(command: &mut Command, [udp, tcp, clients]: [SocketAddr; 3]) -> Self {
        let mut service = Self::spawn(command);
        let begun = Instant::now();
        while TcpStream::connect(clients).is_err() {
            assert!(begun.elapsed() < PATIENCE, "no port for clients");
            thread::sleep(LOOK);
        }
        service.exporters.push(udp);
        service.tcp.push(tcp);
        service.clients.push(clients);
        service
    }

    fn spawn(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Log::default());
        let (stderr, to) = (child.stderr.take().unwrap(), Arc::clone(&log));
        let reader = Some(thread::spawn(move || to.read(stderr)));
        Self {
            child,
            log,
            reader,
            exporters: Vec::new(),
            tcp: Vec::new(),
            tls: Vec::new(),
            clients: Vec::new(),
        }
    }

    /// Ports for exporters are told before the one for clients.
    fn find_ports(&mut self) {
        let client = self.log.wait_for("port for clients", |line| {
            address(message(line), "listening for clients on tcp ")
        });
        self.clients.push(client);
        let log = self.log.text();
        for (transport, ports) in [
            ("udp", &mut self.exporters),
            ("tcp", &mut self.tcp),
            ("tls", &mut self.tls),
        ] {
            let before = format!("listening for exporters on {transport} ");
            let found = log.lines().filter_map(|line| address(line, &before));
            ports.extend(found);
        }
    }

    /// Where exporters connect to over TCP.
    pub(crate) fn tcp_port(&self) -> SocketAddr {
        self.tcp[0]
    }

    /// The same for IPv6.
    pub(crate) fn tcp_port_v6(&self) -> SocketAddr {
        let v6 = self.tcp.iter().find(|port| port.is_ipv6());
        *v6.expect("a listener for IPv6")
    }

    /// Where exporters connect to over TLS.
    pub(crate) fn tls_port(&self) -> SocketAddr {
        self.tls[0]
    }

    /// Where exporters send to.
    pub(crate) fn exporter_port(&self) -> SocketAddr {
        self.exporters[0]
    }

    /// All ports that exporters may send to.
    pub(crate) fn exporter_ports(&self) -> &[SocketAddr] {
        &self.exporters
    }

    /// Where exporters send to over IPv6, if it listens there.
    pub(crate) fn exporter_port_v6(&self) -> SocketAddr {
        let v6 = self.exporters.iter().find(|port| port.is_ipv6());
        *v6.expect("a listener for IPv6")
    }

    /// Where clients connect to.
    pub(crate) fn client_port(&self) -> SocketAddr {
        self.clients[0]
    }

    /// Waits for a log line whose message contains `text`.
    pub(crate) fn wait_for_message(&self, text: &str) -> Value {
        let find = |line: &Value| message(line).contains(text).then(|| line.clone());
        self.log.wait_for(text, find)
    }

    /// Waits until so many log lines have a message that contains `text`; gives the last.
    pub(crate) fn wait_for_messages(&self, text: &str, count: usize) -> Value {
        let found = std::cell::Cell::new(0);
        let find = |line: &Value| {
            found.set(found.get() + usize::from(message(line).contains(text)));
            (found.get() == count).then(|| line.clone())
        };
        self.log.wait_for(text, find)
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -s {name} {}", self.id());
        let sent = Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(sent.success(), "{kill}");
    }

    /// SIGTERM, and then its end.
    pub(crate) fn end(self) -> Ended {
        self.end_by("TERM")
    }

    /// A signal, and then its end.
    pub(crate) fn end_by(self, signal: &str) -> Ended {
        self.signal(signal);
        self.wait()
    }

    /// Its end, which comes by itself or was asked for.
    pub(crate) fn wait(mut self) -> Ended {
        let status = wait(&mut self.child, PATIENCE);
        self.reader.take().unwrap().join().unwrap();
        let log = self.log.text();
        let status = status.unwrap_or_else(|| panic!("it does not end:\n{log}"));
        Ended {
            code: status.code(),
            log,
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // An error says that it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
        if panicking() {
            println!("log of the service:\n{}", self.log.text());
        }
    }
}

impl Ended {
    /// It ended in order, and nothing in its log is a warning or worse.
    pub(crate) fn assert_clean(&self) {
        assert_eq!(self.code, Some(0), "{}", self.log);
        for line in self.log.lines() {
            let object: Value = serde_json::from_str(line)
                .unwrap_or_else(|_| panic!("`{line}` is no log line:\n{}", self.log));
            let expected = object["level"] == "INFO"
                || message(&object).contains("anonymizer.policy is none")
                || message(&object).contains("anonymizer.policy is cnsm2019")
                || message(&object).contains("asked for a receive buffer");
            assert!(expected, "{line}");
        }
        assert!(!self.log.contains("panic"), "{}", self.log);
    }

    /// How many events the log of the drain names for a reason, under this name.
    pub(crate) fn of_reason(&self, name: &str, reason: &str) -> u64 {
        let objects = self
            .log
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        let told = |line: &Value| {
            (line["reason"] == reason)
                .then(|| line[name].as_u64())
                .flatten()
        };
        objects.filter_map(|line| told(&line)).sum()
    }

    /// A count of the line that it drained.
    pub(crate) fn drained(&self, name: &str) -> u64 {
        let objects = self
            .log
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        let mut drained = objects.filter(|line: &Value| line["message"] == "drained");
        let count = drained.next().and_then(|line| line[name].as_u64());
        count.unwrap_or_else(|| panic!("no {name} of the drain:\n{}", self.log))
    }
}
