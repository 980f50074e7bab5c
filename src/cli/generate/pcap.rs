//! A packet capture of the datagrams, as if they had been sent and seen on the way.
//!
//! Classic format with nanoseconds and link type 101, raw IP. The times are those
//! of the simulated clock.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use super::generator::Generator;
use super::send::Routes;

/// The first source port; exporter `n` sends from `n` above it.
const FIRST_SOURCE_PORT: u16 = 50_000;
/// Magic number of a capture with nanoseconds.
const MAGIC: u32 = 0xa1b2_3c4d;
/// LINKTYPE_RAW: each packet begins with its IP header.
const LINK_TYPE: u32 = 101;
/// The longest packet.
const SNAP_LEN: u32 = 65_535;
const UDP: u8 = 17;
const UDP_HEADER: usize = 8;

/// Writes all datagrams of a run as they would go to each destination of their
/// exporter; when the last one left, in milliseconds since the begin of the run.
pub(super) fn write_all(
    generator: &mut Generator,
    routes: &Routes,
    out: impl Write,
) -> io::Result<i64> {
    let mut capture = Capture::new(out)?;
    let mut last_ms = 0;
    let epoch_ms = generator.epoch_ms();
    while let Some(emission) = generator.step() {
        last_ms = emission.at_ms;
        for &to in routes.get(emission.exporter).into_iter().flatten() {
            let from_to = (emission.exporter, to);
            capture.write(epoch_ms + last_ms, from_to, emission.datagram)?;
        }
    }
    capture.finish()?;
    Ok(last_ms)
}

/// Writes a capture.
#[derive(Debug)]
struct Capture<W> {
    out: W,
    packet: Vec<u8>,
    number: u16,
}

impl<W: Write> Capture<W> {
    /// Begins a capture.
    fn new(mut out: W) -> io::Result<Self> {
        out.write_all(&MAGIC.to_le_bytes())?;
        out.write_all(&2_u16.to_le_bytes())?;
        out.write_all(&4_u16.to_le_bytes())?;
        out.write_all(&[0; 8])?;
        out.write_all(&SNAP_LEN.to_le_bytes())?;
        out.write_all(&LINK_TYPE.to_le_bytes())?;
        Ok(Self {
            out,
            packet: Vec::new(),
            number: 0,
        })
    }

    /// Writes a datagram of an exporter to a destination, seen at a time in Unix
    /// milliseconds. It comes from the loopback address of the same family.
    fn write(
        &mut self,
        unix_ms: i64,
        (exporter, to): (usize, SocketAddr),
        datagram: &[u8],
    ) -> io::Result<()> {
        let above = u16::try_from(exporter).unwrap_or(u16::MAX);
        let port = FIRST_SOURCE_PORT.saturating_add(above);
        self.packet.clear();
        match to.ip() {
            IpAddr::V4(dst) => self.ipv4(dst.octets(), datagram.len())?,
            IpAddr::V6(dst) => self.ipv6(dst.octets(), datagram.len())?,
        }
        self.udp((port, to), datagram)?;
        self.record(unix_ms)
    }

    fn record(&mut self, unix_ms: i64) -> io::Result<()> {
        let secs = u32::try_from(unix_ms.div_euclid(1_000)).map_err(io::Error::other)?;
        let nanos = unix_ms.rem_euclid(1_000) * 1_000_000;
        let nanos = u32::try_from(nanos).map_err(io::Error::other)?;
        let len = u32::try_from(self.packet.len()).map_err(io::Error::other)?;
        for word in [secs, nanos, len, len] {
            self.out.write_all(&word.to_le_bytes())?;
        }
        self.out.write_all(&self.packet)
    }

    fn ipv4(&mut self, dst: [u8; 4], payload: usize) -> io::Result<()> {
        let len = packet_len(20 + UDP_HEADER + payload)?;
        self.packet.extend_from_slice(&[0x45, 0]);
        self.packet.extend_from_slice(&len.to_be_bytes());
        self.packet.extend_from_slice(&self.number.to_be_bytes());
        self.packet.extend_from_slice(&[0x40, 0, 64, UDP, 0, 0]);
        self.packet.extend_from_slice(&[127, 0, 0, 1]);
        self.packet.extend_from_slice(&dst);
        let sum = checksum(&[&self.packet]);
        self.packet[10..12].copy_from_slice(&sum.to_be_bytes());
        self.number = self.number.wrapping_add(1);
        Ok(())
    }

    fn ipv6(&mut self, dst: [u8; 16], payload: usize) -> io::Result<()> {
        let len = packet_len(UDP_HEADER + payload)?;
        self.packet.extend_from_slice(&[0x60, 0, 0, 0]);
        self.packet.extend_from_slice(&len.to_be_bytes());
        self.packet.extend_from_slice(&[UDP, 64]);
        self.packet.extend_from_slice(&Ipv6Addr::LOCALHOST.octets());
        self.packet.extend_from_slice(&dst);
        Ok(())
    }

    fn udp(&mut self, (port, to): (u16, SocketAddr), datagram: &[u8]) -> io::Result<()> {
        let start = self.packet.len();
        let len = packet_len(UDP_HEADER + datagram.len())?;
        self.packet.extend_from_slice(&port.to_be_bytes());
        self.packet.extend_from_slice(&to.port().to_be_bytes());
        self.packet.extend_from_slice(&len.to_be_bytes());
        self.packet.extend_from_slice(&[0, 0]);
        self.packet.extend_from_slice(datagram);
        // Source and destination stand last in both IP headers.
        let addresses = if to.is_ipv4() { 8 } else { 32 };
        let pseudo = [0, UDP];
        let covered = [
            &self.packet[start - addresses..],
            &pseudo[..],
            &len.to_be_bytes(),
        ];
        let sum = match checksum(&covered) {
            0 => u16::MAX,
            sum => sum,
        };
        self.packet[start + 6..start + 8].copy_from_slice(&sum.to_be_bytes());
        Ok(())
    }

    /// Ends the capture and gives back what it was written to.
    fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

fn packet_len(octets: usize) -> io::Result<u16> {
    u16::try_from(octets).map_err(|_| io::Error::other("the datagram is too long for a packet"))
}

/// The internet checksum (RFC 1071) over parts; an odd one is filled up with a zero.
fn checksum(parts: &[&[u8]]) -> u16 {
    let words = parts.iter().flat_map(|part| part.chunks(2));
    let sum: u64 = words
        .map(|word| match word {
            [high, low] => u64::from(u16::from_be_bytes([*high, *low])),
            [high] => u64::from(*high) << 8,
            _ => 0,
        })
        .sum();
    let mut folded = sum;
    while folded > 0xffff {
        folded = (folded >> 16) + (folded & 0xffff);
    }
    !u16::try_from(folded).unwrap_or_default()
}
