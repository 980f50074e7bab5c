//! Opening UDP sockets with what the Receiver needs of the kernel.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::AsRawFd;

use nix::sys::socket::{setsockopt, sockopt};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// A UDP socket that is read on its arbiter.
#[derive(Debug)]
pub struct UdpPort {
    socket: UdpSocket,
    address: SocketAddr,
}

/// Why a port cannot be listened to.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on udp {address}: {source}; {}", remedy(source))]
pub struct BindError {
    /// The port.
    pub address: SocketAddr,
    /// What the system says.
    pub source: io::Error,
}

pub(crate) fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            "another process has it: stop that one, or change the `listen` setting"
        }
        io::ErrorKind::PermissionDenied => "ports below 1024 need a capability: use a higher one",
        io::ErrorKind::AddrNotAvailable => {
            "no interface has this address: change the `listen` setting"
        }
        _ => "change the `listen` setting",
    }
}

/// A port that is bound and not yet read on any arbiter.
#[derive(Debug)]
pub struct BoundPort {
    socket: std::net::UdpSocket,
    address: SocketAddr,
    granted: usize,
}

/// Binds a port and asks for a receive buffer of so many octets. The kernel may grant
/// less: see [`BoundPort::granted`].
///
/// # Errors
/// [`BindError`] if the port cannot be had.
pub fn bind(address: SocketAddr, buffer: usize) -> Result<BoundPort, BindError> {
    try_bind(address, buffer).map_err(|source| BindError { address, source })
}

fn try_bind(address: SocketAddr, buffer: usize) -> io::Result<BoundPort> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::DGRAM,
        Some(Protocol::UDP),
    )?;
    if address.is_ipv6() {
        // IPv4 has sockets of its own; a port is never taken twice.
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    request_buffer(&socket, buffer);
    socket.bind(&address.into())?;
    // Each datagram comes with its receive time, the count of those dropped before it,
    // and the address it was sent to.
    setsockopt(&socket, sockopt::ReceiveTimestampns, &true)?;
    setsockopt(&socket, sockopt::RxqOvfl, &1)?;
    if address.is_ipv6() {
        setsockopt(&socket, sockopt::Ipv6RecvPacketInfo, &true)?;
    } else {
        setsockopt(&socket, sockopt::Ipv4PacketInfo, &true)?;
    }
    // The kernel doubles what is asked for, to have room for its own bookkeeping.
    let granted = socket.recv_buffer_size()? / 2;
    let socket = std::net::UdpSocket::from(socket);
    let address = socket.local_addr()?;
    Ok(BoundPort {
        socket,
        address,
        granted,
    })
}

/// Asks for the buffer beyond the system's limit first, which needs a privilege, and
/// within it otherwise. Getting less is no error; it is reported.
fn request_buffer(socket: &Socket, buffer: usize) {
    if setsockopt(socket, sockopt::RcvBufForce, &buffer).is_err() {
        drop(socket.set_recv_buffer_size(buffer));
    }
}

/// Whether to believe what the runtime last heard of a socket's readiness.
#[derive(Debug, Clone, Copy)]
pub(super) enum Look {
    /// Read only if it was said to be readable.
    IfReady,
    /// Ask the kernel: what came since the runtime last looked counts as well.
    Now,
}

impl BoundPort {
    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Octets of receive buffer that the kernel granted.
    #[must_use]
    pub const fn granted(&self) -> usize {
        self.granted
    }

    /// Hands the port to the arbiter that runs this.
    ///
    /// # Errors
    /// [`BindError`] if its readiness cannot be watched there.
    pub fn listen(self) -> Result<UdpPort, BindError> {
        let address = self.address;
        match UdpSocket::from_std(self.socket) {
            Ok(socket) => Ok(UdpPort { socket, address }),
            Err(source) => Err(BindError { address, source }),
        }
    }
}

impl UdpPort {
    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its file descriptor.
    pub(super) fn descriptor(&self) -> i32 {
        self.socket.as_raw_fd()
    }

    /// Waits until there is something to read, or an error to find.
    pub(super) async fn readable(&self) {
        drop(self.socket.readable().await);
    }

    /// Runs `read` on the descriptor; `WouldBlock` if there is nothing to read.
    pub(super) fn try_read<T>(
        &self,
        look: Look,
        read: impl FnOnce(i32) -> io::Result<T>,
    ) -> io::Result<T> {
        let fd = self.socket.as_raw_fd();
        match look {
            Look::IfReady => self.socket.try_io(Interest::READABLE, || read(fd)),
            Look::Now => read(fd),
        }
    }

    /// The address a datagram was sent to, where the kernel did not say.
    pub(super) const fn unspecific(&self) -> IpAddr {
        match self.address {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        }
    }
}
