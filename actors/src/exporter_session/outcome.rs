//! How connections of exporters end, and why some get no session.

use dataset::StreamEnd;

use crate::accounting::{Accounting, Counter};

macro_rules! outcomes {
    ($(#[$about:meta])+ $type:ident { $($variant:ident $name:literal $sentence:literal)* }) => {
        $(#[$about])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $type {
            $(#[doc = $sentence] $variant,)*
        }

        impl $type {
            /// All of them.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$variant),*];

            /// The stable name, in snake case.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What happened, in a sentence.
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$variant => $sentence,)* }
            }
        }
    };
}

outcomes! {
    /// How a session ended.
    SessionEnd {
        Finished "finished" "Its exporter closed it between two messages."
        CutOff "cut_off" "Its exporter closed it within a message."
        Reset "reset" "It broke off."
        Idle "idle" "No message came for longer than receiver.stream_idle_timeout."
        Malformed "malformed" "What came over it was malformed too often, or out of step (RFC 7011, 9.1)."
        Fell "fell" "A failure of the service ended it."
        Drained "drained" "The service ended."
    }
}

outcomes! {
    /// Why a connection got no session.
    Refused {
        Full "full" "There were as many sessions as receiver.streams_max allows."
        ExporterFull "exporter_full" "Its address had as many sessions as receiver.streams_per_exporter_max allows."
        SourceInUse "source_in_use" "Another session from the same address and port was open."
        Draining "draining" "The service was ending."
        HandshakeTimeout "handshake_timeout" "The handshake of TLS took longer than receiver.handshake_timeout."
        HandshakeFailed "handshake_failed" "It did not speak TLS as the service does, or went away."
        CertificateMissing "certificate_missing" "It showed no certificate."
        CertificateUnknown "certificate_unknown" "No authority of receiver.tls.client_ca signed its certificate."
        CertificateExpired "certificate_expired" "Its certificate was not valid at this time."
        CertificateName "certificate_name" "Its certificate had no name that receiver.tls.exporters admits."
        CertificateInvalid "certificate_invalid" "Its certificate did not hold for another reason."
    }
}

impl SessionEnd {
    /// How it is recorded.
    #[must_use]
    pub const fn recorded(self) -> StreamEnd {
        match self {
            Self::Finished | Self::Drained => StreamEnd::Finished,
            Self::CutOff | Self::Reset | Self::Idle | Self::Malformed | Self::Fell => {
                StreamEnd::Reset
            }
        }
    }

    /// The counter of such sessions.
    #[must_use]
    pub const fn counter(self, accounting: &Accounting) -> &Counter {
        match self {
            Self::Finished => &accounting.streams_finished,
            Self::CutOff => &accounting.streams_cut_off,
            Self::Reset => &accounting.streams_reset,
            Self::Idle => &accounting.streams_idle,
            Self::Malformed => &accounting.streams_malformed,
            Self::Fell => &accounting.streams_fell,
            Self::Drained => &accounting.streams_drained,
        }
    }
}

impl Refused {
    /// Its place in [`Self::ALL`].
    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_has_a_counter_of_its_own() {
        let accounting = Accounting::default();
        for end in SessionEnd::ALL {
            end.counter(&accounting).add(1);
        }
        let ends = accounting.totals().rows().into_iter();
        let counted = ends.filter(|(name, count)| name.starts_with("streams_") && *count == 1);
        assert_eq!(counted.count(), SessionEnd::ALL.len());
    }

    #[test]
    fn refusals_are_counted_each_by_its_reason_and_together() {
        let accounting = Accounting::default();
        accounting.refuse(Refused::Full);
        accounting.refuse(Refused::CertificateName);
        accounting.refuse(Refused::CertificateName);
        let counts = Refused::ALL.map(|refused| accounting.refused(refused));
        assert_eq!(counts, [1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0]);
        assert_eq!(accounting.totals().streams_refused, 3);
    }
}
