//! The laws of the prefix-preserving permutations.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::LazyLock;

use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use flow::Prefix;
use proptest::prelude::*;

use super::flips::{Flips, PfxFlips};
use super::{Anonymization, CryptoPan, IpcryptPfx, Key, Policy, PrefixPreserving};

const KEY: [u8; 32] = *b"thirty-two octets for some tests";

static PAN: LazyLock<CryptoPan> = LazyLock::new(|| with_key(KEY));
static PFX: LazyLock<IpcryptPfx> = LazyLock::new(|| {
    let (halves, _) = KEY.as_chunks();
    IpcryptPfx::of_flips(PfxFlips::of_halves(halves.as_array().unwrap()))
});
static POLICY: LazyLock<Anonymization> =
    LazyLock::new(|| Anonymization::new(Policy::Standard(Box::new(with_key(KEY)))));

fn with_key(key: [u8; 32]) -> CryptoPan {
    CryptoPan::new(&Key::from_octets(&key).unwrap())
}

/// As the paper defines it, bit by bit, with one block for each.
fn by_definition(key: [u8; 32], addr: u128, bits: u32) -> u128 {
    let (cipher_key, pad) = key.split_at(16);
    let cipher = aes::Aes128::new(&Array(cipher_key.try_into().unwrap()));
    let encrypt = |block: u128| {
        let mut block = Array(block.to_be_bytes());
        cipher.encrypt_block(&mut block);
        u128::from_be_bytes(block.0)
    };
    let pad = encrypt(u128::from_be_bytes(pad.try_into().unwrap()));
    (0..bits).fold(addr, |image, bit| {
        let kept = !(u128::MAX >> bit);
        let flip = encrypt(addr & kept | pad & !kept) >> 127;
        image ^ flip << (127 - bit)
    })
}

/// As draft-denis-ipcrypt has it in its section 9.6.1, one bit after the other: the block of a
/// bit is that of the bit before, moved by one and with that bit behind it.
fn pfx_by_definition(key: [u8; 32], addr: IpAddr) -> IpAddr {
    let (one, other) = key.split_at(16);
    let [one, other] = [one, other].map(|half| aes::Aes128::new(&Array(half.try_into().unwrap())));
    let encrypt = |cipher: &aes::Aes128, block: u128| {
        let mut block = Array(block.to_be_bytes());
        cipher.encrypt_block(&mut block);
        u128::from_be_bytes(block.0)
    };
    let mut block = if addr.is_ipv4() { 1 << 96 | 0xFFFF } else { 1 };
    let mut image = bits(addr);
    for at in 0..width(addr) {
        let flip = (encrypt(&one, block) ^ encrypt(&other, block)) & 1;
        image ^= flip << (127 - at);
        block = block << 1 | bits(addr) >> (127 - at) & 1;
    }
    from_bits(image, addr.is_ipv4())
}

/// Two addresses have images that have as many bits in common, and they are one to one.
fn keeps_prefixes<F: Flips>(
    map: &PrefixPreserving<F>,
    (a, b): (IpAddr, IpAddr),
) -> Result<(), TestCaseError> {
    let (x, y) = (map.anonymize(a), map.anonymize(b));
    prop_assert_eq!(common(x, y), common(a, b));
    prop_assert_eq!(x == y, a == b, "one to one");
    prop_assert_eq!(x.is_ipv4(), a.is_ipv4());
    Ok(())
}

/// Batches give what addresses give one by one.
fn has_batches<F: Flips>(
    map: &PrefixPreserving<F>,
    batches: &[Vec<IpAddr>],
) -> Result<(), TestCaseError> {
    for batch in batches {
        let one_by_one: Vec<IpAddr> = batch.iter().map(|&addr| map.anonymize(addr)).collect();
        let mut at_once = batch.clone();
        map.anonymize_all(&mut at_once);
        prop_assert_eq!(at_once, one_by_one);
    }
    Ok(())
}

fn bits(addr: IpAddr) -> u128 {
    match addr {
        IpAddr::V4(v4) => u128::from(v4.to_bits()) << 96,
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

const fn width(addr: IpAddr) -> u32 {
    if addr.is_ipv4() { 32 } else { 128 }
}

fn from_bits(bits: u128, v4: bool) -> IpAddr {
    if v4 {
        std::net::Ipv4Addr::from_bits((bits >> 96) as u32).into()
    } else {
        std::net::Ipv6Addr::from_bits(bits).into()
    }
}

fn common(a: IpAddr, b: IpAddr) -> u32 {
    (bits(a) ^ bits(b)).leading_zeros().min(width(a))
}

/// Two addresses of a family that have a number of bits in common: random ones rarely have
/// more than a few.
fn pair() -> impl Strategy<Value = (IpAddr, IpAddr)> {
    (any::<IpAddr>(), any::<u128>(), 0_u32..=128).prop_map(|(a, other, keep)| {
        let kept = u128::MAX.checked_shl(128 - keep.min(width(a))).unwrap_or(0);
        (a, from_bits(bits(a) & kept | other & !kept, a.is_ipv4()))
    })
}

/// Addresses of which some come again, some are neighbours, and some are neither.
fn traffic() -> impl Strategy<Value = Vec<IpAddr>> {
    let v4 = (0_u32..300).prop_map(|low| IpAddr::from((0xC612_0000 | low).to_be_bytes()));
    let v6 = (0_u128..3, 0_u128..100)
        .prop_map(|(net, host)| from_bits(0x2001_0DB8 << 96 | net << 64 | host, false));
    let zero = prop_oneof![Just(from_bits(0, true)), Just(from_bits(0, false))];
    prop::collection::vec(prop_oneof![v4, v6, any::<IpAddr>(), zero], 0..600)
}

proptest! {
    #[test]
    fn each_address_has_the_image_that_the_paper_defines(addr: IpAddr, key: [u8; 16]) {
        let image = by_definition(KEY, bits(addr), width(addr));
        prop_assert_eq!(bits(PAN.anonymize(addr)), image);
        // Another key is another permutation, of which nothing is mixed in.
        let other = [key, [1; 16]].as_flattened().try_into().unwrap();
        prop_assert_ne!(by_definition(other, bits(addr), 32), image);
    }

    #[test]
    fn each_address_has_the_image_that_the_draft_of_ipcrypt_defines(addr: IpAddr) {
        prop_assert_eq!(PFX.anonymize(addr), pfx_by_definition(KEY, addr));
    }

    #[test]
    fn what_two_addresses_have_in_common_keeps_its_length((a, b) in pair()) {
        keeps_prefixes(&PAN, (a, b))?;
        keeps_prefixes(&PFX, (a, b))?;
    }

    #[test]
    fn the_image_of_a_prefix_holds_the_images_of_its_addresses((a, b) in pair()) {
        let prefix = Prefix::containing(a, u8::try_from(common(a, b)).unwrap()).unwrap();
        prop_assert!(prefix.contains(b));
        let network = POLICY.told_network(prefix.into()).unwrap();
        let image = Prefix::containing(network.addr(), network.prefix_len()).unwrap();
        prop_assert_eq!(image.len(), prefix.len());
        prop_assert!(image.contains(POLICY.told(a)) && image.contains(POLICY.told(b)));
    }

    #[test]
    fn batches_give_what_addresses_give_one_by_one(batches in prop::collection::vec(traffic(), 1..4)) {
        has_batches(&PAN, &batches)?;
        has_batches(&PFX, &batches)?;
    }
}

#[test]
fn batches_of_two_keys_that_take_turns_do_not_mix() {
    let other = with_key([9; 32]);
    let addrs: Vec<IpAddr> = (0..2_000_u16)
        .flat_map(|n| {
            let [high, low] = n.to_be_bytes();
            [IpAddr::from([10, 0, high, low]), IpAddr::from([n; 8])]
        })
        .collect();
    for _ in 0..3 {
        for (pan, key) in [(&*PAN, KEY), (&other, [9; 32])] {
            let mut images = addrs.clone();
            pan.anonymize_all(&mut images);
            for (addr, image) in addrs.iter().zip(images).step_by(97) {
                assert_eq!(bits(image), by_definition(key, bits(*addr), width(*addr)));
            }
        }
    }
}

#[test]
fn prefixes_of_16_bits_and_the_addresses_of_one_are_mapped_one_to_one() {
    for v4 in [true, false] {
        let networks = |n: u16| from_bits(u128::from(n) << 112, v4);
        let hosts = |n: u16| from_bits(0xC612 << 112 | u128::from(n) << (128 - 32), v4);
        for addrs in [
            (0..=u16::MAX).map(networks).collect(),
            (0..=u16::MAX).map(hosts).collect(),
        ] {
            let addrs: Vec<IpAddr> = addrs;
            let mut images = addrs.clone();
            PAN.anonymize_all(&mut images);
            let pairs = addrs.windows(2).zip(images.windows(2));
            for (addrs, images) in pairs {
                assert_eq!(common(addrs[0], addrs[1]), common(images[0], images[1]));
            }
            let cut = |addr: &IpAddr| bits(*addr) >> 96;
            let cut: HashSet<u128> = images.iter().map(cut).collect();
            assert_eq!(cut.len(), addrs.len(), "distinct in the first 32 bits");
        }
    }
}
