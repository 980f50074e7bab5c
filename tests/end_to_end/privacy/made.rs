//! A small dataset in which it can be counted by hand who is alone.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use dataset::Datagram;
use flow::ReceiveTime;

use crate::support::recording::recording;
use crate::support::v5::{BEGIN_MS, Record, datagram};
use crate::support::{Launch, Scratch};

/// A fixed key: so everything that is made with it is the same each time.
const KEY: [u8; 32] = *b"a key that everybody knows: test";

const fn lab(network: u8, host: u8) -> Ipv4Addr {
    Ipv4Addr::new(198, 18, network, host)
}

/// 12 hosts that ask a name server and announce themselves to a group, and 40 that get a
/// page each; of these, all have another size, and two begin in each second.
fn records() -> Vec<Record> {
    let plain = Record {
        src: lab(1, 1),
        dst: lab(9, 53),
        ports: (40_000, 53),
        protocol: 17,
        tcp_flags: 0,
        packets: 1,
        bytes: 64,
        times: (0, 0),
    };
    let asks = (1..=12).map(|host| Record {
        src: lab(1, host),
        ..plain
    });
    let announces = (1..=12).map(|host| Record {
        src: lab(1, host),
        dst: Ipv4Addr::new(224, 0, 0, 251),
        ports: (5_353, 5_353),
        bytes: 120,
        ..plain
    });
    let gets = (0..40_u8).map(|number| Record {
        src: lab(2 + number % 4, number),
        dst: Ipv4Addr::new(198, 19, number, 7),
        ports: (50_000 + u16::from(number), 443),
        protocol: 6,
        tcp_flags: 0x1B,
        packets: 10 + u32::from(number % 2),
        bytes: 5_000 + 100 * u32::from(number),
        times: (500 * u32::from(number), 500 * u32::from(number) + 300),
    });
    asks.chain(announces).chain(gets).collect()
}

/// The raw dataset.
pub(super) fn raw(scratch: &Scratch) -> PathBuf {
    let records = records();
    let datagrams: Vec<Vec<u8>> = (0..)
        .zip(records.chunks(30))
        .map(|(number, records)| datagram(number * 30, records))
        .collect();
    let source: SocketAddr = "192.0.2.1:9999".parse().unwrap();
    let destination: SocketAddr = "192.0.2.2:2055".parse().unwrap();
    let received = ReceiveTime::from_millis(i64::try_from(BEGIN_MS).unwrap() + 40_100);
    let datagrams = datagrams.iter().map(|payload| Datagram {
        source,
        destination,
        received,
        payload,
    });
    recording(scratch, "recorded", datagrams)
}

/// The prepared dataset of it under a policy, by its path in the directory of the test.
pub(super) fn prepared(scratch: &Scratch, raw: &Path, policy: &str) -> PathBuf {
    prepared_with(scratch, raw, policy, &[("anonymizer.policy", policy)])
}

/// The same with these settings, in a directory of that name.
pub(super) fn prepared_with(
    scratch: &Scratch,
    raw: &Path,
    name: &str,
    settings: &[(&str, &str)],
) -> PathBuf {
    let key = scratch.file("key", KEY);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&key, mode).unwrap();
    let launch = Launch::new(scratch, name)
        .set("anonymizer.key_file", key.to_str().unwrap())
        .set("replay.databases", "current");
    let launch = settings
        .iter()
        .fold(launch, |launch, (key, value)| launch.set(key, value));
    let outcome = launch.replay_at_once(raw).run();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    PathBuf::from(name).join("prepared")
}
