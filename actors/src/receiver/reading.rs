//! Many datagrams per system call, into buffers that are used again.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::SystemTime;

use dataset::Datagram;
use flow::ReceiveTime;
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, MultiHeaders, RecvMsg, SockaddrLike, SockaddrStorage, recvmmsg,
};
use nix::sys::time::TimeSpec;

use super::kernel_drops;
use super::socket::{Look, UdpPort};
use crate::message::Arrivals;

/// The largest UDP payload.
const DATAGRAM_MAX: usize = 65_535;

/// A batch is full with so many datagrams or octets, whichever comes first.
const BATCH_DATAGRAMS: usize = 1_024;
const BATCH_OCTETS: usize = 4 << 20;

/// What one reading of a port found.
#[derive(Debug, Default)]
pub(super) struct Read {
    /// The batch was full: there may be more.
    pub(super) full: bool,
    /// Datagrams that the kernel dropped since the last reading.
    pub(super) dropped: u64,
}

/// The buffers, and what each port's kernel has counted.
pub(super) struct Reading {
    buffers: Vec<Vec<u8>>,
    /// Of each port, the kernel's count of dropped datagrams when last seen.
    drops: Vec<u32>,
}

impl Reading {
    pub(super) fn new(per_read: usize, ports: usize) -> Self {
        Self {
            buffers: vec![vec![0; DATAGRAM_MAX]; per_read],
            drops: vec![0; ports],
        }
    }

    /// Reads a port until it is empty or the batch is full. `stamp` makes the receive
    /// time of the kernel's.
    pub(super) fn read(
        &mut self,
        index: usize,
        port: &UdpPort,
        look: Look,
        batch: &mut Arrivals,
        mut stamp: impl FnMut(ReceiveTime) -> ReceiveTime,
    ) -> io::Result<Read> {
        let mut read = Read::default();
        while !read.full {
            let drops = self.drops.get_mut(index);
            let buffers = &mut self.buffers;
            let once = port.try_read(look, |fd| read_once(fd, buffers, port, batch, &mut stamp));
            match once {
                Ok(seen) => read.dropped += drops.map_or(0, |drops| newly(drops, seen)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(read),
                // An earlier send's error, or an interruption: the next call reads on.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            read.full = batch.len() >= BATCH_DATAGRAMS || batch.octets() >= BATCH_OCTETS;
        }
        Ok(read)
    }
}

impl Reading {
    /// Datagrams that the kernel dropped on a port since it was last read.
    pub(super) fn last_drops(&mut self, index: usize, port: &UdpPort) -> u64 {
        let seen = kernel_drops::of_socket(port.descriptor());
        self.drops
            .get_mut(index)
            .map_or(0, |drops| newly(drops, seen))
    }
}

/// How many more the kernel has dropped than when last seen. Its count is per socket,
/// comes with the datagrams that follow, and wraps.
fn newly(drops: &mut u32, seen: Option<u32>) -> u64 {
    let Some(seen) = seen else { return 0 };
    u64::from(seen.wrapping_sub(std::mem::replace(drops, seen)))
}

/// One system call; gives the kernel's count of dropped datagrams as last seen.
fn read_once(
    fd: i32,
    buffers: &mut [Vec<u8>],
    port: &UdpPort,
    batch: &mut Arrivals,
    stamp: &mut impl FnMut(ReceiveTime) -> ReceiveTime,
) -> io::Result<Option<u32>> {
    let mut slices: Vec<[IoSliceMut<'_>; 1]> = buffers
        .iter_mut()
        .map(|buffer| [IoSliceMut::new(buffer)])
        .collect();
    // Headers are made anew for each call: the library does not restore the room for
    // control messages that the kernel took from a header that is used again.
    let mut headers = headers(slices.len());
    let mut dropped = None;
    for message in recvmmsg(fd, &mut headers, &mut slices, MsgFlags::MSG_DONTWAIT, None)? {
        let About {
            source,
            destination,
            kernel,
            dropped: seen,
        } = About::of(&message, port);
        dropped = seen.or(dropped);
        let payload = message.iovs().next().unwrap_or_default();
        batch.push(Datagram {
            received: stamp(kernel.unwrap_or_else(now)),
            source,
            destination,
            payload,
        });
    }
    Ok(dropped)
}

/// Headers with room for a receive time, a drop count and a destination address of either
/// family.
fn headers(count: usize) -> MultiHeaders<SockaddrStorage> {
    let control = nix::cmsg_space!(TimeSpec, u32, nix::libc::in6_pktinfo);
    MultiHeaders::preallocate(count, Some(control))
}

/// The kernel stamps each datagram of a socket that asks for it. If it ever does not, the
/// moment of reading is as near as can be.
fn now() -> ReceiveTime {
    super::receive_time(SystemTime::now())
}

/// What the kernel says about a datagram.
struct About {
    kernel: Option<ReceiveTime>,
    source: SocketAddr,
    destination: SocketAddr,
    dropped: Option<u32>,
}

impl About {
    fn of(message: &RecvMsg<'_, '_, SockaddrStorage>, port: &UdpPort) -> Self {
        let unknown = SocketAddr::new(port.unspecific(), 0);
        let source = message
            .address
            .as_ref()
            .and_then(socket_addr)
            .unwrap_or(unknown);
        let mut about = Self {
            kernel: None,
            source: SocketAddr::new(source.ip().to_canonical(), source.port()),
            destination: SocketAddr::new(port.unspecific(), port.address().port()),
            dropped: None,
        };
        for control in message.cmsgs().into_iter().flatten() {
            about.note(&control);
        }
        about
    }

    fn note(&mut self, control: &ControlMessageOwned) {
        match control {
            ControlMessageOwned::ScmTimestampns(time) => {
                let nanos = time.tv_sec().saturating_mul(1_000_000_000);
                self.kernel = Some(ReceiveTime::from_nanos(
                    nanos.saturating_add(time.tv_nsec()),
                ));
            }
            ControlMessageOwned::RxqOvfl(dropped) => self.dropped = Some(*dropped),
            ControlMessageOwned::Ipv4PacketInfo(info) => {
                let addr = Ipv4Addr::from_bits(u32::from_be(info.ipi_addr.s_addr));
                self.destination.set_ip(IpAddr::V4(addr));
            }
            ControlMessageOwned::Ipv6PacketInfo(info) => {
                let addr = Ipv6Addr::from(info.ipi6_addr.s6_addr);
                self.destination.set_ip(IpAddr::V6(addr));
            }
            _ => {}
        }
    }
}

fn socket_addr(storage: &SockaddrStorage) -> Option<SocketAddr> {
    debug_assert!(storage.len() > 0);
    if let Some(v4) = storage.as_sockaddr_in() {
        return Some(SocketAddr::V4((*v4).into()));
    }
    storage
        .as_sockaddr_in6()
        .map(|v6| SocketAddr::V6((*v6).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reading_has_the_kernels_time_and_the_destination() {
        actix::System::new().block_on(async {
            let bound = super::super::bind("127.0.0.1:0".parse().unwrap(), 1 << 16).unwrap();
            let port = bound.listen().unwrap();
            let sender = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
            let mut reading = Reading::new(4, 1);
            let mut batch = Arrivals::default();
            for _ in 0..5 {
                let sent = now();
                sender.send_to(b"datagram", port.address()).unwrap();
                port.readable().await;
                let stamp = |kernel: ReceiveTime| {
                    assert!((sent..=now()).contains(&kernel));
                    kernel
                };
                reading
                    .read(0, &port, Look::IfReady, &mut batch, stamp)
                    .unwrap();
            }
            // Where the room for control messages is lost, the destination is unknown.
            let destination = |arrival: crate::message::Arrival<'_>| match arrival {
                crate::message::Arrival::Datagram(datagram) => datagram.destination,
                crate::message::Arrival::Session(piece) => piece.destination,
            };
            let to: Vec<SocketAddr> = batch.iter().map(destination).collect();
            assert_eq!(to, [port.address(); 5]);
        });
    }

    #[test]
    fn the_kernels_count_is_taken_as_a_difference_that_wraps() {
        let mut drops = 0;
        assert_eq!(newly(&mut drops, None), 0);
        assert_eq!(newly(&mut drops, Some(5)), 5);
        assert_eq!(newly(&mut drops, Some(5)), 0);
        drops = u32::MAX;
        assert_eq!(newly(&mut drops, Some(2)), 3);
    }
}
