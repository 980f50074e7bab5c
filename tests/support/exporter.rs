//! A small exporter of NetFlow v5, whose datagrams can be spoilt.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{SystemTime, UNIX_EPOCH};

/// Octets of the header and of a record of NetFlow v5.
pub(crate) const V5_HEADER: usize = 24;
pub(crate) const V5_RECORD: usize = 48;

/// A socket with an address of its own.
pub(crate) struct Exporter {
    socket: UdpSocket,
    to: SocketAddr,
}

/// A flow of a packet of 100 octets over UDP; the number is in its ports and addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sample(pub(crate) u16);

impl Exporter {
    /// An exporter with this address, any of the loopback network.
    pub(crate) fn at(address: &str, to: SocketAddr) -> Self {
        let address: IpAddr = address.parse().unwrap();
        let socket = UdpSocket::bind((address, 0)).unwrap();
        Self { socket, to }
    }

    /// Sends a datagram. On loopback it is in the service's socket when this returns.
    pub(crate) fn send(&self, datagram: &[u8]) {
        let sent = self.socket.send_to(datagram, self.to).unwrap();
        assert_eq!(sent, datagram.len());
    }
}

impl Sample {
    /// Its source address.
    pub(crate) fn src(self) -> Ipv4Addr {
        let [high, low] = self.0.to_be_bytes();
        Ipv4Addr::new(198, 18, high, low)
    }

    /// Its source port.
    pub(crate) const fn src_port(self) -> u16 {
        10_000 + self.0
    }

    fn record(self, out: &mut Vec<u8>) {
        let dst = Ipv4Addr::new(198, 19, 0, 1);
        out.extend(self.src().octets());
        out.extend(dst.octets());
        out.extend([0; 8]);
        out.extend(1_u32.to_be_bytes());
        out.extend(100_u32.to_be_bytes());
        out.extend((UPTIME_MS - 2_000).to_be_bytes());
        out.extend((UPTIME_MS - 1_000).to_be_bytes());
        out.extend(self.src_port().to_be_bytes());
        out.extend(53_u16.to_be_bytes());
        out.extend([0, 0, 17, 0]);
        out.extend([0; 8]);
    }
}

/// How long the exporter has run.
const UPTIME_MS: u32 = 1_000_000;

/// A datagram of NetFlow v5 with these flows, exported now.
pub(crate) fn v5(sequence: u32, samples: &[Sample]) -> Vec<u8> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let mut datagram = Vec::with_capacity(V5_HEADER + samples.len() * V5_RECORD);
    datagram.extend(5_u16.to_be_bytes());
    datagram.extend(u16::try_from(samples.len()).unwrap().to_be_bytes());
    datagram.extend(UPTIME_MS.to_be_bytes());
    datagram.extend(u32::try_from(now.as_secs()).unwrap().to_be_bytes());
    datagram.extend(now.subsec_nanos().to_be_bytes());
    datagram.extend(sequence.to_be_bytes());
    datagram.extend([0; 4]);
    for sample in samples {
        sample.record(&mut datagram);
    }
    datagram
}
