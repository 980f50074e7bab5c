//! Methods as they work, of what the rules say and the key.

use flow::{Field, Method};

use super::end::{End, Fields, Leaves, is_on_grid};
use super::keeping::Keeping;
use super::{Methods, Parameters};
use crate::anonymize::method::{
    AddressMethod, AddressPermutation, Enumeration, IpcryptDeterministic, PortMethod,
    PortPermutation, Shift, TimeMethod,
};
use crate::anonymize::{CryptoPan, IpcryptPfx, Key, OctetPermutation};

/// What the methods of single fields are made of.
pub(super) struct Make<'a> {
    pub(super) methods: &'a Methods,
    pub(super) parameters: &'a Parameters,
    pub(super) key: Option<&'a Key>,
}

impl Make<'_> {
    /// Something that is made with the key; nothing without one, so that what should have one
    /// does not leave.
    fn keyed<T>(&self, make: impl FnOnce(&Key) -> T) -> Option<T> {
        self.key.map(make)
    }

    /// Something of the key that is the same for all fields, if any has a method for it.
    pub(super) fn shared<T>(
        &self,
        is_for_it: impl Fn(Method) -> bool,
        make: impl FnOnce(&Key) -> T,
    ) -> Option<T> {
        let mut fields = Field::ALL.into_iter();
        let has = fields.any(|field| is_for_it(self.methods.method(field)));
        has.then_some(make).and_then(|make| self.keyed(make))
    }

    pub(super) fn keeping(&self) -> Keeping {
        let is_by_pan = |method| {
            matches!(
                method,
                Method::PrefixPreserving | Method::TruncatedPrefixPreserving
            )
        };
        Keeping {
            pan: self.shared(is_by_pan, CryptoPan::new),
            pfx: self.shared(|method| method == Method::IpcryptPfx, IpcryptPfx::new),
        }
    }

    pub(super) fn address(&self, field: Field) -> Option<AddressMethod> {
        let bits = self.parameters.address_bits;
        Some(match self.methods.method(field) {
            Method::PrefixPreserving => AddressMethod::PrefixPreserving,
            Method::IpcryptPfx => AddressMethod::IpcryptPfx,
            Method::IpcryptDeterministic => AddressMethod::IpcryptDeterministic(
                self.keyed(|key| Box::new(IpcryptDeterministic::new(key)))?,
            ),
            Method::Permutation => AddressMethod::Permutation(
                self.keyed(|key| Box::new(AddressPermutation::new(key)))?,
            ),
            Method::TruncatedPrefixPreserving => AddressMethod::TruncatedPrefixPreserving(bits),
            Method::Truncation => AddressMethod::Truncation(bits),
            Method::ReverseTruncation => AddressMethod::ReverseTruncation(bits),
            Method::OctetPermutation => {
                let octets = OctetPermutation::new(OctetPermutation::PUBLISHED_SEED);
                AddressMethod::OctetPermutation(Box::new(octets))
            }
            Method::Clear => AddressMethod::Clear,
            _ => return None,
        })
    }

    pub(super) fn time(&self, field: Field) -> Option<TimeMethod> {
        let Parameters {
            time_unit,
            shift_most_ms,
            shift_epoch,
            ..
        } = *self.parameters;
        let shift = |key: &Key| Shift::new(key, shift_most_ms, shift_epoch);
        match self.methods.method(field) {
            Method::PrecisionDegradation => Some(TimeMethod::PrecisionDegradation(time_unit)),
            Method::RandomShift => self.keyed(shift).map(TimeMethod::RandomShift),
            Method::Enumeration => self.keyed(Enumeration::new).map(TimeMethod::Enumeration),
            Method::Clear => Some(TimeMethod::Clear),
            _ => None,
        }
    }

    fn port(&self, field: Field) -> Option<PortMethod> {
        match self.methods.method(field) {
            Method::Binning => Some(PortMethod::Binning),
            Method::Permutation => self
                .keyed(PortPermutation::new)
                .map(PortMethod::Permutation),
            Method::Clear => Some(PortMethod::Clear),
            _ => None,
        }
    }

    pub(super) fn end(&self, fields: &Fields) -> End {
        let grid = is_on_grid(self.methods, fields.latitude);
        End {
            addr: self.address(fields.addr),
            port: self.port(fields.port),
            leaves: Leaves::of(self.methods, fields),
            grid: grid.then_some(self.parameters.grid),
        }
    }
}
