//! Runs of the program that end by themselves.

use std::io::Read;
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{LOOK, PATIENCE, Scratch};

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The exit code; `None` after a signal.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

/// The program in a directory of its own, without the settings of whoever runs the test.
pub(crate) fn program(scratch: &Scratch) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowstream"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("FLOWSTREAM_CFG_") {
            command.env_remove(name);
        }
    }
    // No test asks servers of others for databases, nor by whatever proxy.
    command.env("FLOWSTREAM_CFG_DATABASES__UPDATE", "false");
    for name in [
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
    ] {
        command.env_remove(name);
    }
    command.current_dir(scratch.path()).stdin(Stdio::null());
    command
}

/// Runs the program with these arguments to its end.
pub(crate) fn run(scratch: &Scratch, args: &[&str]) -> Outcome {
    finish(start(program(scratch).args(args)))
}

/// Runs `flowstream generate` towards an address; what it says it has sent.
pub(crate) fn generate(scratch: &Scratch, to: SocketAddr, args: &[&str]) -> Value {
    let mut command = program(scratch);
    command.args(["generate", "--format", "json", "--to", &to.to_string()]);
    let outcome = finish(start(command.args(args)));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    serde_json::from_str(&outcome.stdout).unwrap()
}

/// Starts a command whose outputs are taken.
pub(crate) fn start(command: &mut Command) -> Child {
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// Waits for the end of what was started.
pub(crate) fn finish(mut child: Child) -> Outcome {
    let stdout = drain(child.stdout.take());
    let stderr = drain(child.stderr.take());
    let status = wait(&mut child, PATIENCE);
    let (stdout, stderr) = (stdout.join().unwrap(), stderr.join().unwrap());
    let status = status.unwrap_or_else(|| panic!("it does not end:\n{stdout}\n{stderr}"));
    Outcome {
        code: status.code(),
        stdout,
        stderr,
    }
}

fn drain(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut octets = Vec::new();
        if let Some(mut pipe) = pipe {
            pipe.read_to_end(&mut octets).unwrap();
        }
        String::from_utf8_lossy(&octets).into_owned()
    })
}

/// Waits so long for a process to end; then kills it, and there is no status.
pub(crate) fn wait(child: &mut Child, patience: Duration) -> Option<ExitStatus> {
    let begun = Instant::now();
    while begun.elapsed() < patience {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        thread::sleep(LOOK);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    None
}

impl Outcome {
    /// The one line that says what went wrong, after its `error: `.
    pub(crate) fn error(&self) -> &str {
        let of_error = |line: &&str| line.starts_with("error: ");
        let errors: Vec<&str> = self.stderr.lines().filter(of_error).collect();
        assert_eq!(errors.len(), 1, "one clear line: {self:?}");
        errors[0].trim_start_matches("error: ")
    }

    /// It failed in order: with that code, with one error line, and without a panic.
    pub(crate) fn failed(&self, code: i32) -> &str {
        assert_eq!(self.code, Some(code), "{self:?}");
        for word in ["panic", "backtrace", "RUST_BACKTRACE"] {
            assert!(!self.stderr.contains(word), "{self:?}");
        }
        self.error()
    }
}
