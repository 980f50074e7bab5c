//! `flowstream subscribe`: a client on the command line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::CliError;

/// Arguments of `subscribe`.
#[derive(Debug, Clone, Args)]
pub(crate) struct SubscribeArgs {
    /// The service
    #[arg(value_name = "HOST:PORT", default_value = "127.0.0.1:11338")]
    service: String,
    /// From where: live, earliest, or seq:N
    #[arg(long, value_name = "START", default_value = "live")]
    start: String,
    /// End after so many flows
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// How flows are written
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    format: Format,
    /// The fields to get, by name and in order; all by default. Not of the format legacy
    #[arg(long, value_name = "A,B,...", value_delimiter = ',')]
    features: Option<Vec<String>>,
    /// Write to this file instead of standard output
    #[arg(short = 'o', long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// How flows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One JSON object a line
    Jsonl,
    /// A header line, then one row a flow
    Csv,
    /// The same with the 36 columns of the original system of 2019
    Legacy,
}

impl Format {
    const fn name(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Legacy => "legacy",
        }
    }

    /// What the lines that are no flows begin with.
    fn is_notice(self, line: &[u8]) -> bool {
        match self {
            Self::Jsonl => {
                let begins = [&b"{\"gap\":"[..], b"{\"key\":", b"{\"end\":"];
                begins.into_iter().any(|begin| line.starts_with(begin))
            }
            Self::Csv | Self::Legacy => line.starts_with(b"# "),
        }
    }

    fn is_end(self, line: &[u8]) -> bool {
        match self {
            Self::Jsonl => line.starts_with(b"{\"end\":"),
            Self::Csv | Self::Legacy => line.starts_with(b"# end "),
        }
    }
}

/// Why a subscription failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SubscribeError {
    /// Nobody is there.
    #[error("cannot connect to {service}: {source}; start the service with `flowstream run`")]
    Connect {
        /// The service as given.
        service: String,
        /// What the system says.
        source: io::Error,
    },
    /// The request was refused.
    #[error("refused ({code}): {message}; {hint}")]
    Refused {
        /// The refusal's code.
        code: String,
        /// Why.
        message: String,
        /// What would be right.
        hint: String,
    },
    /// The answer is none of this protocol.
    #[error("this is no flowstream service: it answered `{0}`")]
    Stranger(String),
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(io::Error),
    /// The service went away without saying that the stream ends.
    #[error("the service went away without ending the stream; {flows} flows were received")]
    Gone {
        /// Flows received until then.
        flows: u64,
    },
    /// The output cannot be written to.
    #[error("cannot write to {name}: {source}")]
    Output {
        /// Standard output or a file.
        name: String,
        /// What the system says.
        source: io::Error,
    },
}

/// Longest line of an answer; a service that sends more is none.
const ANSWER_MAX: u64 = 1 << 20;

/// An accepted subscription: what follows are flows.
pub(crate) struct Subscription {
    lines: BufReader<TcpStream>,
    /// The welcome.
    pub(crate) welcome: Value,
}

impl Subscription {
    /// Connects, asks, and reads the answer.
    pub(crate) fn open(service: &str, request: &Value) -> Result<Self, SubscribeError> {
        let mut stream = connect(service).map_err(|source| SubscribeError::Connect {
            service: service.to_owned(),
            source,
        })?;
        stream
            .write_all(format!("{request}\n").as_bytes())
            .map_err(SubscribeError::Broken)?;
        let mut lines = BufReader::with_capacity(1 << 20, stream);
        let mut answer = Vec::new();
        let read = io::Read::take(&mut lines, ANSWER_MAX).read_until(b'\n', &mut answer);
        read.map_err(SubscribeError::Broken)?;
        let welcome = check_answer(&answer)?;
        Ok(Self { lines, welcome })
    }

    /// The next line, line end included; `false` at the end of the connection.
    pub(crate) fn next_line(&mut self, line: &mut Vec<u8>) -> Result<bool, SubscribeError> {
        line.clear();
        let read = self
            .lines
            .read_until(b'\n', line)
            .map_err(SubscribeError::Broken)?;
        Ok(read > 0)
    }
}

fn connect(service: &str) -> io::Result<TcpStream> {
    const PATIENCE: Duration = Duration::from_secs(5);
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in service.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn check_answer(answer: &[u8]) -> Result<Value, SubscribeError> {
    let stranger = || {
        let text: String = String::from_utf8_lossy(answer)
            .trim_end()
            .chars()
            .take(80)
            .collect();
        SubscribeError::Stranger(text.escape_debug().to_string())
    };
    let value: Value = serde_json::from_slice(answer).map_err(|_| stranger())?;
    let text = |name: &str| {
        value
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or("")
            .to_owned()
    };
    match text("type").as_str() {
        "welcome" => Ok(value),
        "error" => Err(SubscribeError::Refused {
            code: text("code"),
            message: text("message"),
            hint: text("hint"),
        }),
        _ => Err(stranger()),
    }
}

/// Gets flows until the stream ends, the count is reached, or nobody reads them.
pub(crate) fn run(args: &SubscribeArgs) -> Result<(), CliError> {
    let mut request = json!({"start": args.start, "format": args.format.name()});
    if let Some(features) = &args.features {
        request["features"] = json!(features);
    }
    let mut subscription = Subscription::open(&args.service, &request)?;
    let seq = &subscription.welcome["next_seq"];
    let policy = &subscription.welcome["anonymization"]["policy"];
    drop(writeln!(
        io::stderr(),
        "{}: from seq {seq}, anonymization {policy}",
        args.service
    ));
    let (mut output, name) = open_output(args)?;
    match copy(&mut subscription, args, &mut output) {
        Ok(()) => {}
        Err(Copy::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {}
        Err(Copy::Output(source)) => return Err(SubscribeError::Output { name, source }.into()),
        Err(Copy::Input(error)) => return Err(error.into()),
    }
    Ok(())
}

fn open_output(args: &SubscribeArgs) -> Result<(Box<dyn Write>, String), SubscribeError> {
    let Some(path) = &args.output else {
        return Ok((Box::new(io::stdout().lock()), "standard output".to_owned()));
    };
    let name = path.display().to_string();
    match File::create(path) {
        Ok(file) => Ok((Box::new(file), name)),
        Err(source) => Err(SubscribeError::Output { name, source }),
    }
}

/// Which side of the copying failed.
enum Copy {
    Input(SubscribeError),
    Output(io::Error),
}

fn copy(
    subscription: &mut Subscription,
    args: &SubscribeArgs,
    output: &mut dyn Write,
) -> Result<(), Copy> {
    let mut output = BufWriter::with_capacity(1 << 18, output);
    let (mut line, mut flows) = (Vec::new(), 0);
    let mut header = args.format != Format::Jsonl;
    while args.count.is_none_or(|count| flows < count) {
        if !subscription.next_line(&mut line).map_err(Copy::Input)? {
            output.flush().map_err(Copy::Output)?;
            return Err(Copy::Input(SubscribeError::Gone { flows }));
        }
        output.write_all(&line).map_err(Copy::Output)?;
        if args.format.is_end(&line) {
            break;
        }
        if !header && !args.format.is_notice(&line) {
            flows += 1;
        }
        header = false;
        // Whoever reads along sees a flow as soon as nothing more is there at once.
        if subscription.lines.buffer().is_empty() {
            output.flush().map_err(Copy::Output)?;
        }
    }
    output.flush().map_err(Copy::Output)
}
