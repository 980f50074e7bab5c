//! What methods leave of addresses.

use flow::Method;

use super::bits::Span;
use crate::anonymize::method::AddressBits;

/// What images tell an attacker of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tells {
    /// The addresses, without any attack: nothing is done to them, or with a key that was
    /// published.
    All,
    /// Which of them have prefixes in common, and from pairs of image and address the rest.
    Prefixes,
    /// Which flows are of the same one. A pair of image and address tells nothing of others.
    Sameness,
    /// Nothing: there are none.
    Nothing,
}

impl Tells {
    /// The name in reports.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::All => "addresses",
            Self::Prefixes => "prefixes",
            Self::Sameness => "sameness",
            Self::Nothing => "nothing",
        }
    }

    const fn rank(self) -> u8 {
        match self {
            Self::All => 3,
            Self::Prefixes => 2,
            Self::Sameness => 1,
            Self::Nothing => 0,
        }
    }
}

/// What a row of methods leaves of addresses, one done after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left {
    pub(crate) tells: Tells,
    pub(crate) v4: Span,
    pub(crate) v6: Span,
}

impl Left {
    /// What is there before anything is done.
    pub(crate) const fn all() -> Self {
        Self {
            tells: Tells::All,
            v4: Span::whole(super::bits::WIDTH_V4),
            v6: Span::whole(super::bits::WIDTH_V6),
        }
    }

    /// What is left after a further method.
    pub(crate) fn after(mut self, method: Method, bits: AddressBits) -> Self {
        match method {
            Method::BlackMarker => self.tells = Tells::Nothing,
            Method::PrefixPreserving | Method::IpcryptPfx => {
                self.become_no_more_than(Tells::Prefixes);
            }
            Method::TruncatedPrefixPreserving => {
                self.become_no_more_than(Tells::Prefixes);
                self.cut(bits);
            }
            Method::Permutation | Method::IpcryptDeterministic => {
                self.become_no_more_than(Tells::Sameness);
            }
            Method::Truncation => self.cut(bits),
            Method::ReverseTruncation => {
                self.v4.dropped = self.v4.dropped.max(bits.v4());
                self.v6.dropped = self.v6.dropped.max(bits.v6());
            }
            _ => {}
        }
        self
    }

    fn become_no_more_than(&mut self, most: Tells) {
        if most.rank() < self.tells.rank() {
            self.tells = most;
        }
    }

    fn cut(&mut self, bits: AddressBits) {
        self.v4.kept = self.v4.kept.min(bits.v4());
        self.v6.kept = self.v6.kept.min(bits.v6());
    }

    /// For finding out which of two tells more.
    pub(crate) fn rank(self) -> (u8, u8) {
        (
            self.tells.rank(),
            self.v4.kept.saturating_sub(self.v4.dropped),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_method_took_no_other_gives_back() {
        let bits = AddressBits::new(24, 48).unwrap();
        let after = |methods: &[Method]| {
            let methods = methods.iter();
            methods.fold(Left::all(), |left, method| left.after(*method, bits))
        };
        assert_eq!(
            after(&[Method::Clear, Method::OctetPermutation]),
            Left::all()
        );
        let permuted = after(&[Method::PrefixPreserving]);
        assert_eq!((permuted.tells, permuted.v4.kept), (Tells::Prefixes, 32));
        let cut = after(&[Method::Truncation, Method::PrefixPreserving]);
        assert_eq!(
            (cut.tells, cut.v4.kept, cut.v6.kept),
            (Tells::Prefixes, 24, 48)
        );
        let same = after(&[Method::TruncatedPrefixPreserving]);
        assert_eq!(same, cut);
        let reverse = after(&[Method::ReverseTruncation]);
        assert_eq!((reverse.tells, reverse.v4.known(32)), (Tells::All, 8));
        let nothing = after(&[Method::BlackMarker, Method::PrefixPreserving]);
        assert_eq!(nothing.tells, Tells::Nothing);
        assert!(Left::all().rank() > permuted.rank() && permuted.rank() > cut.rank());
        let same = after(&[Method::Permutation, Method::PrefixPreserving]);
        assert_eq!((same.tells, same.v4.kept), (Tells::Sameness, 32));
        assert_eq!(after(&[Method::IpcryptPfx]), permuted);
        assert!(cut.rank() > same.rank() && same.rank() > nothing.rank());
    }
}
