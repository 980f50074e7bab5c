//! Numbers and addresses as text: the same in every format.

use std::io::Write;
use std::net::IpAddr;

/// Appends an unsigned number in decimal.
pub(crate) fn unsigned(number: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Appends a signed number in decimal.
pub(crate) fn signed(number: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Appends the shortest decimal that reads back as the same number. Returns whether
/// there is one; infinities and NaN have none in JSON.
pub(crate) fn float(number: f64, out: &mut Vec<u8>) -> bool {
    if number.is_finite() {
        out.extend_from_slice(ryu::Buffer::new().format_finite(number).as_bytes());
    }
    number.is_finite()
}

/// Appends an address (IPv6: RFC 5952).
pub(crate) fn addr(addr: IpAddr, out: &mut Vec<u8>) {
    match addr {
        IpAddr::V4(v4) => {
            for (index, octet) in v4.octets().into_iter().enumerate() {
                if index > 0 {
                    out.push(b'.');
                }
                unsigned(octet.into(), out);
            }
        }
        // Writing to a vector cannot fail.
        IpAddr::V6(v6) => drop(write!(out, "{v6}")),
    }
}
