//! Where messages leave: a UDP socket, or a TCP connection with or without TLS.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::thread::sleep;
use std::time::Duration;

use rustls::{ClientConnection, StreamOwned};

use super::tls::TlsClient;

/// How often a datagram is tried while nobody listens.
const TRIES: u32 = 5;
/// The time between two tries.
const TRY_AGAIN: Duration = Duration::from_millis(300);
/// How long a collector may take nothing, and may take to close at the end.
const PATIENCE: Duration = Duration::from_secs(30);

/// How messages go to their destinations.
#[derive(Debug)]
pub(super) enum Way {
    Udp,
    Tcp,
    Tls(TlsClient),
}

/// A connected socket and where it sends.
pub(super) struct Outlet {
    pub(super) to: SocketAddr,
    socket: Socket,
}

enum Socket {
    Udp(UdpSocket),
    Tcp(TcpStream),
    Tls(Box<Secured>),
}

type Secured = StreamOwned<ClientConnection, TcpStream>;

impl Way {
    pub(super) fn open(&self, to: SocketAddr) -> io::Result<Outlet> {
        let socket = match self {
            Self::Udp => Socket::Udp(udp(to)?),
            Self::Tcp => Socket::Tcp(tcp(to)?),
            Self::Tls(client) => Socket::Tls(Box::new(client.over(tcp(to)?, to)?)),
        };
        Ok(Outlet { to, socket })
    }
}

fn udp(to: SocketAddr) -> io::Result<UdpSocket> {
    let socket = if to.is_ipv4() {
        UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?
    } else {
        UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0))?
    };
    socket.connect(to)?;
    Ok(socket)
}

fn tcp(to: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&to, PATIENCE)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

impl Outlet {
    /// Sends a message whole.
    pub(super) fn send(&mut self, message: &[u8]) -> io::Result<()> {
        match &mut self.socket {
            Socket::Udp(socket) => send_datagram(socket, message),
            Socket::Tcp(stream) => stream.write_all(message),
            Socket::Tls(stream) => {
                let sent = stream.write_all(message);
                sent.map_err(|error| told(stream).unwrap_or(error))
            }
        }
    }

    /// Says that nothing follows, and waits until the collector has taken all of it.
    pub(super) fn close(self) -> io::Result<()> {
        match self.socket {
            Socket::Udp(_) => Ok(()),
            Socket::Tcp(mut stream) => {
                stream.shutdown(Shutdown::Write)?;
                wait_for_close(&mut stream)
            }
            Socket::Tls(mut stream) => {
                finish(&mut stream).map_err(|error| told(&mut stream).unwrap_or(error))?;
                wait_for_close(&mut stream)
            }
        }
    }
}

/// Why the other side of TLS has closed, if it said so before it did.
fn told(stream: &mut Secured) -> Option<io::Error> {
    while stream
        .conn
        .read_tls(&mut stream.sock)
        .is_ok_and(|octets| octets > 0)
    {
        if let Err(error) = stream.conn.process_new_packets() {
            return Some(io::Error::other(error));
        }
    }
    None
}

/// Sends the end of TLS, and that nothing follows.
fn finish(stream: &mut Secured) -> io::Result<()> {
    stream.conn.send_close_notify();
    stream.flush()?;
    stream.sock.shutdown(Shutdown::Write)
}

fn wait_for_close(stream: &mut impl Read) -> io::Result<()> {
    match stream.read(&mut [0; 16]) {
        Ok(_) => Ok(()),
        // Closed, if not with all the manners of TLS.
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(()),
        Err(error) => Err(error),
    }
}

/// Sends a datagram, again if nobody listened: on loopback the refusal is known
/// as soon as the datagram was sent, so that none is counted that was refused.
fn send_datagram(socket: &UdpSocket, datagram: &[u8]) -> io::Result<()> {
    let mut tries = 1;
    loop {
        let sent = socket.send(datagram).map(drop);
        let outcome = match (sent, socket.take_error()?) {
            (Ok(()), None) => return Ok(()),
            (Err(error), _) | (Ok(()), Some(error)) => error,
        };
        match outcome.kind() {
            ErrorKind::Interrupted => {}
            ErrorKind::ConnectionRefused if tries < TRIES => {
                tries += 1;
                sleep(TRY_AGAIN);
            }
            _ => return Err(outcome),
        }
    }
}
