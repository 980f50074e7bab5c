//! The permutations that keep prefixes, of those fields that have one.

use std::net::IpAddr;

use super::NOBODY;
use crate::anonymize::flips::{CryptoPanFlips, Flips, PfxFlips};
use crate::anonymize::method::{AddressMethod, PrefixImages};
use crate::anonymize::remembered::{CHUNK, Remembered};
use crate::anonymize::{CryptoPan, IpcryptPfx, PrefixPreserving};

/// Those that some field of a table has, one for all fields.
#[derive(Debug)]
pub(super) struct Keeping {
    pub(super) pan: Option<CryptoPan>,
    pub(super) pfx: Option<IpcryptPfx>,
}

impl Keeping {
    /// An address that tells others apart, where no field says which; without a key, nobody.
    pub(super) fn any(&self, addr: IpAddr) -> IpAddr {
        match self {
            Self { pan: Some(pan), .. } => pan.anonymize(addr),
            Self { pfx: Some(pfx), .. } => pfx.anonymize(addr),
            Self {
                pan: None,
                pfx: None,
            } => NOBODY,
        }
    }

    /// For a batch.
    pub(super) fn remembering(&self) -> Remembering<'_> {
        Remembering {
            pan: self.pan.as_ref().map(Wanting::of),
            pfx: self.pfx.as_ref().map(Wanting::of),
        }
    }
}

/// One by one. No method asks for a permutation that there is not.
impl PrefixImages for &Keeping {
    fn crypto_pan(&mut self, addr: IpAddr) -> IpAddr {
        self.pan.as_ref().map_or(NOBODY, |pan| pan.anonymize(addr))
    }

    fn ipcrypt_pfx(&mut self, addr: IpAddr) -> IpAddr {
        self.pfx.as_ref().map_or(NOBODY, |pfx| pfx.anonymize(addr))
    }
}

/// The same with a memory, for one batch.
pub(super) struct Remembering<'a> {
    pan: Option<Wanting<'a, CryptoPanFlips>>,
    pfx: Option<Wanting<'a, PfxFlips>>,
}

impl Remembering<'_> {
    /// Notes an address that will be asked for under a method.
    #[inline]
    pub(super) fn want(&mut self, method: &AddressMethod, addr: IpAddr) {
        match (method, self) {
            (
                AddressMethod::PrefixPreserving | AddressMethod::TruncatedPrefixPreserving(_),
                Self { pan: Some(pan), .. },
            ) => pan.addrs.push(addr),
            (AddressMethod::IpcryptPfx, Self { pfx: Some(pfx), .. }) => pfx.addrs.push(addr),
            _ => {}
        }
    }

    /// Finds the images of all that were noted.
    pub(super) fn learn(&mut self) {
        if let Some(pan) = &mut self.pan {
            pan.learn();
        }
        if let Some(pfx) = &mut self.pfx {
            pfx.learn();
        }
    }
}

impl PrefixImages for Remembering<'_> {
    #[inline]
    fn crypto_pan(&mut self, addr: IpAddr) -> IpAddr {
        self.pan.as_mut().map_or(NOBODY, |pan| pan.image(addr))
    }

    #[inline]
    fn ipcrypt_pfx(&mut self, addr: IpAddr) -> IpAddr {
        self.pfx.as_mut().map_or(NOBODY, |pfx| pfx.image(addr))
    }
}

/// A permutation and the addresses that it will be asked for.
struct Wanting<'a, F> {
    remembered: Remembered<'a, F>,
    addrs: Vec<IpAddr>,
}

impl<'a, F: Flips> Wanting<'a, F> {
    fn of(map: &'a PrefixPreserving<F>) -> Self {
        Self {
            remembered: Remembered::new(map),
            // A flow has three.
            addrs: Vec::with_capacity(3 * CHUNK),
        }
    }

    fn learn(&mut self) {
        self.remembered.learn(self.addrs.drain(..));
    }

    #[inline]
    fn image(&mut self, addr: IpAddr) -> IpAddr {
        self.remembered.anonymize(addr)
    }
}
