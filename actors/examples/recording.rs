//! What syncing costs: datasets written as fast as they can be, under each rule.
//!
//! `cargo run --release -p actors --example recording -- DIRECTORY [MIB]`
//!
//! DIRECTORY is made, and removed at the end. The disk that it is on counts.

#![expect(
    clippy::print_stdout,
    reason = "a measurement needs a clock and says what it found"
)]

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use actors::store::{Options, Retention, Store, SyncRule};
use dataset::Datagram;
use dataset::name::Content;
use dataset::pcapng::{write_datagram, write_section};
use dataset::segment::Kind;
use flow::ReceiveTime;

/// Rounds, the middle one of which is told.
const ROUNDS: usize = 5;

const RULES: [(&str, SyncRule); 3] = [
    ("never", SyncRule::Never),
    (
        "interval",
        SyncRule::Paced {
            interval: Duration::from_secs(1),
            bytes: 8 << 20,
        },
    ),
    ("always", SyncRule::Always),
];

/// A frame of 4,096 rows much like prepared flows.
fn prepared(seed: u64) -> (u32, Vec<u8>) {
    let mut text = String::new();
    for row in 0..4_096 {
        let seq = seed * 4_096 + row;
        let mixed = seq.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let _ = writeln!(
            text,
            "{seq},{},{},10.0.{}.{},198.51.100.{},{},443,6,27,0,{},{},1,1,end,true,192.0.2.1,0",
            1_575_297_360_000 + seq / 20,
            mixed >> 50,
            mixed >> 52 & 0xFF,
            mixed >> 44 & 0xFF,
            mixed >> 20 & 0x3F,
            1_024 + (mixed >> 8 & 0xBFFF),
            1 + (mixed >> 40 & 0xF),
            mixed >> 30 & 0xF_FFFF,
        );
    }
    (4_096, text.into_bytes())
}

/// A frame of datagrams of 1,464 octets, as many as the Recorder writes at once. Half of
/// their octets repeat.
fn raw(seed: u64) -> Result<(u32, Vec<u8>), Box<dyn Error>> {
    let (source, destination) = ("192.0.2.1:9995".parse()?, "192.0.2.2:2055".parse()?);
    let (mut blocks, mut rows) = (Vec::new(), 0);
    while blocks.len() < 1 << 20 {
        let mut payload = vec![0; 1_464];
        for (at, part) in payload.chunks_mut(8).enumerate() {
            let mixed = (seed << 32 | u64::from(rows) << 8 | at as u64) + 1;
            let mixed = mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes();
            part[..4].copy_from_slice(&mixed[..4]);
        }
        let datagram = Datagram {
            received: ReceiveTime::from_nanos(1_575_297_360_000_000_000),
            source,
            destination,
            payload: &payload,
        };
        write_datagram(&mut blocks, &datagram)?;
        rows += 1;
    }
    Ok((rows, blocks))
}

fn options(directory: &Path, kind: Kind, sync: SyncRule) -> Options {
    let mut preamble = Vec::new();
    let content = match kind {
        Kind::Raw => {
            write_section(&mut preamble);
            Content::Pcapng
        }
        Kind::Prepared => Content::Csv,
    };
    Options {
        directory: directory.to_owned(),
        kind,
        content,
        level: 1,
        segment_bytes: 256 << 20,
        segment_ms: i64::MAX,
        sync,
        retention: Retention::default(),
        meta: serde_json::Map::new(),
        preamble,
    }
}

/// Writes so many octets and seals; how long that took, and the rows.
fn write(
    options: Options,
    frames: &[(u32, Vec<u8>)],
    octets: usize,
) -> Result<(Duration, u64), Box<dyn Error>> {
    let directory = options.directory.clone();
    let mut store = Store::open(options)?;
    let begun = Instant::now();
    let mut written = 0;
    for (rows, payload) in frames.iter().cycle() {
        if written >= octets {
            break;
        }
        store.append(0, *rows, payload)?;
        written += payload.len();
    }
    store.seal()?;
    let (took, rows) = (begun.elapsed(), store.next_seq());
    drop(store);
    fs::remove_dir_all(directory)?;
    Ok((took, rows))
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let directory = args.next().ok_or("which directory?")?;
    let mib: usize = args.next().map_or(Ok(512), |mib| mib.parse())?;
    let directory = Path::new(&directory).join("recording");
    for kind in [Kind::Prepared, Kind::Raw] {
        let frames: Result<Vec<_>, _> = match kind {
            Kind::Prepared => Ok((0..64).map(prepared).collect()),
            Kind::Raw => (0..64).map(raw).collect(),
        };
        let frames = frames?;
        for (name, rule) in RULES {
            let mut times = Vec::new();
            for _ in 0..ROUNDS {
                let options = options(&directory, kind, rule);
                times.push(write(options, &frames, mib << 20)?);
            }
            times.sort();
            let (took, rows) = times[ROUNDS / 2];
            #[expect(clippy::cast_precision_loss, reason = "figures to read")]
            let (rate, plain) = (
                rows as f64 / took.as_secs_f64(),
                (mib << 20) as f64 / 1e6 / took.as_secs_f64(),
            );
            println!("{kind:?}, {name}: {rate:.0} rows/s, {plain:.0} MB/s of content");
        }
    }
    Ok(())
}
