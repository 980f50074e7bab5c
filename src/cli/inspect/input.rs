//! Messages out of whatever a file is: a capture, a raw datagram, a row of IPFIX
//! messages, or a raw dataset.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::path::Path;

use actors::store::{StoreError, Stream, locate};
use dataset::capture::{Capture, Counts, Plain, is_capture};
use dataset::pcapng::{Item, Reader};
use dataset::segment::Kind;
use dataset::{Arrival, Datagram, DatasetError};
use decode::{FrameError, Framer, Transport};
use flow::ReceiveTime;

use super::InspectError;
use super::progress::Progress;
use super::streams::{StreamFault, Streams};

/// The largest datagram, in octets.
const DATAGRAM_MAX: u64 = 65_535;
/// Octets that are read at once of a row of messages.
const PIECE: usize = 1 << 16;
/// The version of IPFIX.
const IPFIX: [u8; 2] = [0, 10];

/// A message as it was found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Message<'a> {
    /// How it came.
    pub(super) transport: Transport,
    /// When it was received, if the file says so.
    pub(super) received: Option<ReceiveTime>,
    /// Who sent it, if the file says so.
    pub(super) source: Option<SocketAddr>,
    pub(super) payload: &'a [u8],
}

/// What is found in a file.
#[derive(Debug)]
pub(super) enum Found<'a> {
    /// A message.
    Message(Message<'a>),
    /// A stream that is out of step, or ended within a message.
    Fault(StreamFault),
    /// The stream of a source ended.
    Ended(SocketAddr),
}

/// What takes messages; it may break off.
pub(super) type Taken = ControlFlow<()>;

/// What a file is.
pub(super) struct Input {
    form: Form,
    compressed: bool,
}

type Octets = Cursor<Vec<u8>>;
type Opened = io::Chain<Octets, Plain<Box<dyn Read>>>;

enum Form {
    Capture(Capture<Opened>),
    Messages(Opened),
    Datagram(Opened),
    Dataset(Stream),
}

/// What came of a file besides its messages.
#[derive(Debug, Clone, Default)]
pub(super) struct Remains {
    /// What became of the packets of a capture.
    pub(super) packets: Option<Counts>,
    /// Why the file was not read to its end, and where.
    pub(super) broken: Option<Broken>,
}

/// Why a file was not read to its end.
#[derive(Debug, Clone)]
pub(super) struct Broken {
    /// Offset in the plain file, in octets, if it is known.
    pub(super) offset: Option<u64>,
    /// What is wrong, and what would be right.
    pub(super) text: String,
}

impl Input {
    /// Opens a file, a dataset's directory, or standard input if the path is `-`.
    pub(super) fn open(path: &Path, progress: &mut Progress) -> Result<Self, InspectError> {
        if path == Path::new("-") {
            return Self::of(path, Box::new(io::stdin()));
        }
        if path.is_dir() {
            let (directory, kind) = locate(path)?;
            if kind != Kind::Raw {
                return Err(InspectError::Prepared(directory));
            }
            return Ok(Self {
                form: Form::Dataset(Stream::new(directory, 0)),
                compressed: true,
            });
        }
        let file = File::open(path).map_err(InspectError::read(path))?;
        let octets = file.metadata().map_or(0, |metadata| metadata.len());
        Self::of(path, progress.watch(file, octets))
    }

    /// Tells by its first octets what a file is.
    fn of(path: &Path, input: Box<dyn Read>) -> Result<Self, InspectError> {
        let failed = InspectError::read(path);
        let mut plain = match Plain::open(input) {
            Ok(plain) => plain,
            Err(error) => return Err(failed(error)),
        };
        let compressed = plain.is_compressed();
        let mut head = Vec::new();
        plain
            .by_ref()
            .take(4)
            .read_to_end(&mut head)
            .map_err(failed)?;
        let is_capture = head.first_chunk().copied().is_some_and(is_capture);
        let is_ipfix = head.starts_with(&IPFIX);
        let opened = Cursor::new(head).chain(plain);
        let form = if is_capture {
            let capture = Capture::open(opened);
            Form::Capture(capture.map_err(|source| InspectError::Capture {
                path: path.to_owned(),
                source,
            })?)
        } else if is_ipfix {
            Form::Messages(opened)
        } else {
            Form::Datagram(opened)
        };
        Ok(Self { form, compressed })
    }

    /// What the file is, in a word.
    pub(super) const fn name(&self) -> &'static str {
        match self.form {
            Form::Capture(_) => "capture",
            Form::Messages(_) => "messages",
            Form::Datagram(_) => "datagram",
            Form::Dataset(_) => "dataset",
        }
    }

    /// Whether it is compressed.
    pub(super) const fn is_compressed(&self) -> bool {
        self.compressed
    }

    /// Hands out all messages, until that is broken off.
    pub(super) fn read(
        self,
        take: impl FnMut(Found<'_>) -> io::Result<Taken>,
    ) -> io::Result<Remains> {
        match self.form {
            Form::Capture(capture) => read_capture(capture, take),
            Form::Messages(input) => read_messages(input, take),
            Form::Datagram(input) => read_datagram(input, take),
            Form::Dataset(stream) => read_dataset(stream, take),
        }
    }
}

fn of_datagram(datagram: Datagram<'_>) -> Found<'_> {
    Found::Message(Message {
        transport: Transport::Udp,
        received: Some(datagram.received),
        source: Some(datagram.source),
        payload: datagram.payload,
    })
}

fn read_capture(
    mut capture: Capture<Opened>,
    mut take: impl FnMut(Found<'_>) -> io::Result<Taken>,
) -> io::Result<Remains> {
    let mut streams = Streams::default();
    let broken = loop {
        let taken = match capture.next_arrival() {
            Ok(Some(Arrival::Datagram(datagram))) => take(of_datagram(datagram))?,
            Ok(Some(Arrival::Piece(piece))) => streams.take(&piece, &mut take)?,
            Ok(None) => break None,
            Err(error) => break Some(Broken::from(&error)),
        };
        if taken.is_break() {
            return Ok(Remains {
                packets: Some(*capture.counts()),
                broken: None,
            });
        }
    };
    streams.finish(&mut take)?;
    Ok(Remains {
        packets: Some(*capture.counts()),
        broken,
    })
}

/// Cuts a row of IPFIX messages, as files of IPFIX are (RFC 5655, 3).
fn read_messages(
    mut input: Opened,
    mut take: impl FnMut(Found<'_>) -> io::Result<Taken>,
) -> io::Result<Remains> {
    let mut framer = Framer::new();
    let mut piece = Vec::new();
    let broken = loop {
        piece.clear();
        if let Err(error) = input.by_ref().take(PIECE as u64).read_to_end(&mut piece) {
            break Some(Broken::unknown(&error));
        }
        if piece.is_empty() {
            break framer.finish().err().map(Broken::from);
        }
        match cut(&mut framer, &piece, &mut take) {
            Ok(Ok(ControlFlow::Continue(()))) => {}
            Ok(Ok(ControlFlow::Break(()))) => break None,
            Ok(Err(error)) => break Some(Broken::from(error)),
            Err(error) => return Err(error),
        }
    };
    Ok(Remains {
        packets: None,
        broken,
    })
}

/// Hands out the messages that end within a piece.
fn cut(
    framer: &mut Framer,
    mut piece: &[u8],
    take: &mut impl FnMut(Found<'_>) -> io::Result<Taken>,
) -> io::Result<Result<Taken, FrameError>> {
    loop {
        let payload = match framer.take(&mut piece) {
            Ok(Some(payload)) => payload,
            Ok(None) => return Ok(Ok(ControlFlow::Continue(()))),
            Err(error) => return Ok(Err(error)),
        };
        let message = Message {
            transport: Framer::TRANSPORT,
            received: None,
            source: None,
            payload,
        };
        if take(Found::Message(message))?.is_break() {
            return Ok(Ok(ControlFlow::Break(())));
        }
    }
}

fn read_datagram(
    input: Opened,
    mut take: impl FnMut(Found<'_>) -> io::Result<Taken>,
) -> io::Result<Remains> {
    let mut payload = Vec::new();
    let read = input.take(DATAGRAM_MAX + 1).read_to_end(&mut payload);
    let broken = match read {
        Err(error) => Some(Broken::unknown(&error)),
        Ok(octets) if octets as u64 > DATAGRAM_MAX => Some(Broken {
            offset: Some(DATAGRAM_MAX),
            text: format!("octets beyond {DATAGRAM_MAX}, where a datagram ends at the latest"),
        }),
        Ok(_) => None,
    };
    if broken.is_none() {
        let message = Message {
            transport: Transport::Udp,
            received: None,
            source: None,
            payload: &payload,
        };
        let _all_there_is = take(Found::Message(message))?;
    }
    Ok(Remains {
        packets: None,
        broken,
    })
}

fn read_dataset(
    mut stream: Stream,
    mut take: impl FnMut(Found<'_>) -> io::Result<Taken>,
) -> io::Result<Remains> {
    let (mut reader, mut streams) = (Reader::new(), Streams::default());
    let broken = loop {
        let frame = match stream.next_frame() {
            Ok(Some(frame)) => frame,
            Ok(None) => break None,
            Err(error) => break Some(Broken::of_store(&error)),
        };
        let taken = take_frame(&mut reader, &mut streams, &frame.payload, &mut take)?;
        match taken {
            Ok(ControlFlow::Continue(())) => {}
            Ok(ControlFlow::Break(())) => {
                streams = Streams::default();
                break None;
            }
            Err(broken) => break Some(broken),
        }
    };
    streams.finish(&mut take)?;
    Ok(Remains {
        packets: Some(*reader.counts()),
        broken,
    })
}

fn take_frame(
    reader: &mut Reader,
    streams: &mut Streams,
    payload: &[u8],
    take: &mut impl FnMut(Found<'_>) -> io::Result<Taken>,
) -> io::Result<Result<Taken, Broken>> {
    for item in reader.items(payload) {
        let taken = match item {
            Ok(Item::Datagram(datagram)) => take(of_datagram(datagram))?,
            Ok(Item::Piece(piece)) => streams.take(&piece, take)?,
            Ok(Item::Statistics(_) | Item::State(_) | Item::Databases(_)) => continue,
            Err(error) => return Ok(Err(Broken::from(&error))),
        };
        if taken.is_break() {
            return Ok(Ok(ControlFlow::Break(())));
        }
    }
    Ok(Ok(ControlFlow::Continue(())))
}

impl Broken {
    fn unknown(error: &io::Error) -> Self {
        Self {
            offset: None,
            text: error.to_string(),
        }
    }

    fn of_store(error: &StoreError) -> Self {
        Self {
            offset: None,
            text: error.to_string(),
        }
    }
}

impl From<&DatasetError> for Broken {
    fn from(error: &DatasetError) -> Self {
        Self {
            offset: error.offset(),
            text: error.to_string(),
        }
    }
}

impl From<FrameError> for Broken {
    fn from(error: FrameError) -> Self {
        Self {
            offset: Some(error.offset),
            text: error.to_string(),
        }
    }
}
