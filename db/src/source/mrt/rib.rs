//! The list of peers, and the paths of a prefix (RFC 6396, 4.3; RFC 8050, 4).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use flow::Prefix;

use super::octets::Octets;

/// How many peers a PEER_INDEX_TABLE lists (RFC 6396, 4.3.1).
pub(super) fn peers(body: &[u8]) -> Result<u16, &'static str> {
    let mut octets = Octets(body);
    let count = list_of_peers(&mut octets).ok_or("a list of peers that ends within a peer")?;
    if !octets.is_empty() {
        return Err("octets behind the last peer of the list");
    }
    Ok(count)
}

fn list_of_peers(octets: &mut Octets<'_>) -> Option<u16> {
    /// Bits of a peer's type: its address is of IPv6, its AS number has 32 bits.
    const IS_V6: u8 = 1;
    const IS_AS4: u8 = 2;
    let _collector = octets.u32()?;
    let name = octets.u16()?;
    octets.take(name.into())?;
    let count = octets.u16()?;
    for _ in 0..count {
        let kind = octets.u8()?;
        let _id = octets.u32()?;
        octets.take(if kind & IS_V6 == 0 { 4 } else { 16 })?;
        octets.take(if kind & IS_AS4 == 0 { 2 } else { 4 })?;
    }
    Some(count)
}

/// A prefix, and the paths of it that peers have.
pub(super) struct Rib<'a> {
    pub(super) prefix: Prefix,
    has_path_ids: bool,
    /// How many peers there are.
    peers: u16,
    /// Entries to come.
    left: u16,
    octets: Octets<'a>,
}

/// The path that one peer has.
pub(super) struct Entry<'a> {
    /// The peer, by its place in the list.
    pub(super) peer: u16,
    /// The attributes of the path (RFC 4271, 4.3).
    pub(super) attributes: &'a [u8],
}

impl<'a> Rib<'a> {
    pub(super) fn of(
        body: &'a [u8],
        is_v6: bool,
        has_path_ids: bool,
        peers: u16,
    ) -> Result<Self, &'static str> {
        let mut octets = Octets(body);
        let prefix = head(&mut octets, is_v6).ok_or("a record that ends within its prefix")??;
        let left = octets.u16().ok_or("a record that ends before its paths")?;
        Ok(Self {
            prefix,
            has_path_ids,
            peers,
            left,
            octets,
        })
    }

    /// The next path; `None` behind the last.
    pub(super) fn next(&mut self) -> Result<Option<Entry<'a>>, &'static str> {
        let Some(left) = self.left.checked_sub(1) else {
            if self.octets.is_empty() {
                return Ok(None);
            }
            return Err("octets behind the last path of a record");
        };
        self.left = left;
        let entry = self.entry().ok_or("a record that ends within a path")?;
        if entry.peer >= self.peers {
            return Err("a path of a peer that is not in the list");
        }
        Ok(Some(entry))
    }

    fn entry(&mut self) -> Option<Entry<'a>> {
        let peer = self.octets.u16()?;
        let _originated = self.octets.u32()?;
        if self.has_path_ids {
            let _id = self.octets.u32()?;
        }
        let length = self.octets.u16()?;
        let attributes = self.octets.take(length.into())?;
        Some(Entry { peer, attributes })
    }
}

/// Sequence number and prefix. Bits of the address beyond the length mean nothing.
fn head(octets: &mut Octets<'_>, is_v6: bool) -> Option<Result<Prefix, &'static str>> {
    const TOO_LONG: &str = "a prefix longer than an address";
    let _sequence = octets.u32()?;
    let len = octets.u8()?;
    let mut address = [0; 16];
    let stated = octets.take(usize::from(len).div_ceil(8))?;
    let Some(into) = address.get_mut(..stated.len()) else {
        return Some(Err(TOO_LONG));
    };
    into.copy_from_slice(stated);
    let [a, b, c, d, ..] = address;
    let address = if is_v6 {
        IpAddr::V6(Ipv6Addr::from(address))
    } else {
        IpAddr::V4(Ipv4Addr::from([a, b, c, d]))
    };
    Some(Prefix::containing(address, len).map_err(|_| TOO_LONG))
}
