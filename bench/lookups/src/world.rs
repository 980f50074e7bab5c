//! A world of announced prefixes, as many and as long as those of the Internet.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use flow::{CountryCode, Position, Prefix};

use crate::random::{Random, Zipf};

/// What is known of a prefix.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Known {
    /// The prefix.
    pub prefix: Prefix,
    /// Its origin AS.
    pub asn: u32,
    /// Its country.
    pub country: CountryCode,
    /// Its city.
    pub position: Position,
}

/// Prefixes, in no order.
#[derive(Debug)]
pub struct World {
    /// Those of IPv4.
    pub v4: Vec<Known>,
    /// Those of IPv6.
    pub v6: Vec<Known>,
}

/// Lengths and their shares in a thousand, about as routing tables of 2025 have them.
const LENGTHS_V4: [(u8, u32); 15] = [
    (24, 600),
    (23, 100),
    (22, 112),
    (21, 55),
    (20, 46),
    (19, 26),
    (18, 15),
    (17, 9),
    (16, 14),
    (15, 4),
    (14, 4),
    (13, 4),
    (12, 4),
    (11, 4),
    (10, 3),
];
const LENGTHS_V6: [(u8, u32); 14] = [
    (48, 460),
    (47, 40),
    (46, 35),
    (45, 20),
    (44, 95),
    (42, 25),
    (40, 95),
    (38, 20),
    (36, 60),
    (34, 15),
    (33, 20),
    (32, 90),
    (30, 5),
    (29, 20),
];

/// The /12 and /16 that registries assign IPv6 from, and their weights.
const REGISTRIES_V6: [(u128, u32); 7] = [
    (0x2001_u128 << 112, 12),
    (0x2400_u128 << 112, 27),
    (0x2600_u128 << 112, 20),
    (0x2800_u128 << 112, 14),
    (0x2a00_u128 << 112, 20),
    (0x2a10_u128 << 112, 5),
    (0x2c00_u128 << 112, 2),
];

/// ASes, countries and cities of it.
const ASES: usize = 80_000;
const COUNTRIES: usize = 240;
const CITIES: usize = 60_000;

impl World {
    /// A world of so many prefixes; the same of the same seed.
    #[must_use]
    pub fn new(seed: u64, v4: usize, v6: usize) -> Self {
        let mut maker = Maker::new(seed);
        Self {
            v4: maker.prefixes(v4, v4 / 14 + 1, Maker::holder_v4, &LENGTHS_V4),
            v6: maker.prefixes(v6, v6 / 5 + 1, Maker::holder_v6, &LENGTHS_V6),
        }
    }
}

/// The name of an AS.
#[must_use]
pub fn as_name(asn: u32) -> String {
    format!("EXAMPLE-{asn} Example Networks {asn} Limited")
}

struct Maker {
    random: Random,
    ases: Zipf,
    countries: Zipf,
}

impl Maker {
    fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            ases: Zipf::new(ASES),
            countries: Zipf::new(COUNTRIES),
        }
    }

    /// Prefixes of these lengths, all different, each in one of the blocks that holders
    /// were assigned, and mostly of the holder's AS, country and city.
    fn prefixes(
        &mut self,
        count: usize,
        holders: usize,
        block: fn(&mut Self) -> Prefix,
        lengths: &[(u8, u32)],
    ) -> Vec<Known> {
        let holders: Vec<Known> = (0..holders).map(|_| self.holder(block)).collect();
        let mut seen = HashSet::new();
        let mut made = Vec::with_capacity(count);
        while made.len() < count {
            let holder = holders[self.random.below(holders.len())];
            let len = self.random.pick(lengths).unwrap_or(0);
            let prefix = self.within(holder.prefix, len);
            if !seen.insert(prefix) {
                continue;
            }
            let asn = match self.random.below(100) {
                0..85 => holder.asn,
                _ => self.asn(),
            };
            let position = match self.random.below(100) {
                0..60 => holder.position,
                _ => self.city(),
            };
            made.push(Known {
                prefix,
                asn,
                position,
                ..holder
            });
        }
        made
    }

    fn holder(&mut self, block: fn(&mut Self) -> Prefix) -> Known {
        Known {
            prefix: block(self),
            asn: self.asn(),
            country: self.country(),
            position: self.city(),
        }
    }

    fn holder_v4(&mut self) -> Prefix {
        // 1.0.0.0 to 223.255.255.255.
        let first = u32::try_from(1 + self.random.below(223)).unwrap_or(1) << 24;
        let rest = u32::try_from(self.random.below(1 << 24)).unwrap_or(0);
        let lengths = [
            (10, 1),
            (12, 3),
            (14, 6),
            (16, 20),
            (18, 15),
            (20, 25),
            (22, 30),
        ];
        let len = self.random.pick(&lengths).unwrap_or(22);
        prefix(Ipv4Addr::from_bits(first | rest).into(), len)
    }

    fn holder_v6(&mut self) -> Prefix {
        let registry = self.random.pick(&REGISTRIES_V6).unwrap_or(0);
        let rest = u128::from(self.random.bits() & 0xf_ffff) << 96;
        let len = self.random.pick(&[(29, 20), (32, 70), (36, 5), (44, 5)]);
        prefix(
            Ipv6Addr::from_bits(registry | rest).into(),
            len.unwrap_or(32),
        )
    }

    /// A prefix of that length in a block, or the block itself if that is as long.
    fn within(&mut self, block: Prefix, len: u8) -> Prefix {
        if len <= block.len() {
            return block;
        }
        prefix(self.host(block), len)
    }

    /// Any address of a prefix.
    fn host(&mut self, of: Prefix) -> IpAddr {
        host(of, &mut self.random)
    }

    fn asn(&mut self) -> u32 {
        let rank = self.ases.draw(&mut self.random);
        // Neighbours in size are none by number.
        1 + u32::try_from(rank * 7_919 % ASES).unwrap_or(0)
    }

    fn country(&mut self) -> CountryCode {
        let rank = u8::try_from(self.countries.draw(&mut self.random)).unwrap_or(0);
        let letters = [b'A' + rank / 26, b'A' + rank % 26];
        let code = str::from_utf8(&letters).ok().and_then(CountryCode::new);
        code.unwrap_or_else(|| unreachable!("two letters"))
    }

    fn city(&mut self) -> Position {
        let city = u32::try_from(self.random.below(CITIES)).unwrap_or(0);
        let latitude = f64::from(city % 300) / 2.0 - 75.0;
        let longitude = f64::from(city / 300) * 1.8 - 180.0;
        let position = Position::new(latitude, longitude);
        position.unwrap_or_else(|| unreachable!("on Earth"))
    }
}

/// Any address of a prefix.
pub(crate) fn host(of: Prefix, random: &mut Random) -> IpAddr {
    match of.addr() {
        IpAddr::V4(addr) => {
            let host = u32::try_from(random.bits() >> 32).unwrap_or(0);
            let host = host.checked_shr(of.len().into()).unwrap_or(0);
            Ipv4Addr::from_bits(addr.to_bits() | host).into()
        }
        IpAddr::V6(addr) => {
            let host = random.wide().checked_shr(of.len().into()).unwrap_or(0);
            Ipv6Addr::from_bits(addr.to_bits() | host).into()
        }
    }
}

fn prefix(around: IpAddr, len: u8) -> Prefix {
    let prefix = Prefix::containing(around, len);
    prefix.unwrap_or_else(|_| unreachable!("lengths are of their family"))
}
