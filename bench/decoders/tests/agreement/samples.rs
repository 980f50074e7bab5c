//! sFlow, which neither of the others reads: it is compared with what was encoded.

use decoders::{Sample, Samples};
use flow::Exporter;
use proptest::prelude::*;

use crate::drawn;
use crate::ours::{ADDR, Ours};

const RECEIVED_MS: i64 = 1_700_000_000_000;

fn sample() -> impl Strategy<Value = Sample> {
    let marks = any::<[bool; 4]>();
    (drawn::told(), marks).prop_map(|(mut told, [v6, tagged, expanded, extended])| {
        // Further headers of IPv6, and protocols whose ports are not read, are cases of
        // their own in the decoder's tests.
        if !matches!(told.protocol, 1 | 6 | 17) {
            told.protocol = 17;
        }
        // The short form has 30 bits for an interface; all ones are the device itself.
        told.interfaces = (
            told.interfaces.0 & 0x1FFF_FFFF,
            told.interfaces.1 & 0x1FFF_FFFF,
        );
        Sample {
            told,
            v6,
            tagged,
            expanded,
            extended,
        }
    })
}

proptest! {
    #[test]
    fn sflow_comes_to_what_was_told(
        samples in prop::collection::vec(sample(), 0..8),
        (sequence, domain) in any::<(u32, u32)>(),
    ) {
        let datagram = Samples { sequence, domain, samples };
        let mut ours = Ours::new();
        let (flows, report) = ours.decode(&datagram.octets(), RECEIVED_MS);
        let exporter = Exporter::new(ADDR, domain);
        let expected: Vec<_> = datagram.flows(exporter, RECEIVED_MS).collect();
        prop_assert_eq!(flows, expected);
        prop_assert_eq!(report.exporter, exporter);
        ours.assert_whole();
    }
}
