//! What the kernel has dropped on a socket, asked of the kernel's own table.
//!
//! The count that comes with datagrams (`SO_RXQ_OVFL`) tells of a drop only with the next
//! datagram received. At the end of a run none follows, so the table is read once.

use std::fs;
use std::os::unix::fs::MetadataExt;

/// The tables of UDP sockets, of IPv4 and of IPv6.
const TABLES: [&str; 2] = ["/proc/net/udp", "/proc/net/udp6"];

/// Datagrams that the kernel has ever dropped on the socket of a descriptor, modulo 2^32
/// like the count that comes with datagrams; `None` where the kernel does not say.
pub(super) fn of_socket(fd: i32) -> Option<u32> {
    let inode = fs::metadata(format!("/proc/self/fd/{fd}")).ok()?.ino();
    TABLES
        .iter()
        .find_map(|table| of_table(&fs::read_to_string(table).ok()?, inode))
}

/// The drops of the socket with that inode, in the kernel's table: the inode is the tenth
/// column of a line, the drops are the last.
fn of_table(table: &str, inode: u64) -> Option<u32> {
    let is_it = |columns: &Vec<&str>| columns.get(9).is_some_and(|at| at.parse() == Ok(inode));
    let columns = table
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().collect());
    let drops: u64 = columns.into_iter().find(is_it)?.last()?.parse().ok()?;
    u32::try_from(drops & u64::from(u32::MAX)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsRawFd;

    #[test]
    fn a_line_of_the_table_is_found_by_its_inode() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   \
                     uid  timeout inode ref pointer drops\n\
                     7: 0100007F:0807 00000000:0000 07 00000000:00000000 00:00000000 00000000     \
                     0        0 4711 2 0000000000000000 12\n";
        assert_eq!(of_table(table, 4_711), Some(12));
        assert_eq!(of_table(table, 4_712), None);
    }

    #[test]
    fn the_kernel_says_how_many_it_dropped() {
        let receiver = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let buffer = socket2::SockRef::from(&receiver);
        buffer.set_recv_buffer_size(4_096).unwrap();
        assert_eq!(of_socket(receiver.as_raw_fd()), Some(0));
        let sender = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        sender.connect(receiver.local_addr().unwrap()).unwrap();
        for _ in 0..200 {
            sender.send(&[0; 1_000]).unwrap();
        }
        receiver.set_nonblocking(true).unwrap();
        let received = (0..200)
            .filter(|_| receiver.recv(&mut [0; 1_000]).is_ok())
            .count();
        let dropped = of_socket(receiver.as_raw_fd()).unwrap() as usize;
        assert!(dropped > 0);
        assert_eq!(received + dropped, 200);
    }
}
