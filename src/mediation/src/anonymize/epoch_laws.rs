//! The laws of epochs, for any policy.

use flow::{EnrichedFlow, Tick};
use proptest::prelude::*;

use super::table::tests::{any_flow, any_methods, parameters};
use super::{AnonymizedFlow, Epochs, Key, KeyRing, Methods, Rules, Scheme, Scopes};

/// 2026-11-28T00:00:00Z.
const MIDNIGHT: i64 = 1_795_824_000;

fn key() -> Key {
    Key::from_octets(&[9; Key::LEN]).unwrap()
}

fn scheme(methods: Methods) -> Scheme {
    Scheme::table(Rules::new("custom", methods, parameters(), Scopes::NONE).unwrap())
}

/// What a policy makes of flows that never knew of epochs, under the key of one.
fn by_its_key(scheme: &Scheme, hour: i64, flows: &[EnrichedFlow]) -> Vec<AnonymizedFlow> {
    let epoch = Epochs::Hourly.of(tick(hour)).unwrap();
    let derived = key().of_epoch(epoch);
    KeyRing::new(scheme.clone(), Epochs::Off, derived)
        .in_force()
        .anonymize(flows)
}

fn tick(hour: i64) -> Tick {
    Tick::from_secs(MIDNIGHT + hour * 3_600)
}

// A policy that permutes ports takes a moment to make.
proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Everything that has a key has that of the epoch, and what is remembered of addresses
    /// under other keys has no influence.
    #[test]
    fn an_epoch_is_what_its_key_makes_of_it(
        methods in prop_oneof![Just(Methods::standard()), Just(Methods::strict()), any_methods()],
        flows in prop::collection::vec(any_flow(), 1..8),
        hours in prop::collection::vec(0_i64..3, 1..6),
    ) {
        let scheme = scheme(methods);
        let mut ring = KeyRing::new(scheme.clone(), Epochs::Hourly, key());
        for hour in hours {
            // Twice, so that addresses are remembered.
            let anonymization = ring.at(tick(hour));
            let first = anonymization.anonymize(&flows);
            prop_assert_eq!(&anonymization.anonymize(&flows), &first);
            prop_assert_eq!(by_its_key(&scheme, hour, &flows), first);
        }
    }

    #[test]
    fn addresses_of_two_epochs_have_nothing_in_common(flow in any_flow()) {
        let scheme = scheme(Methods::standard());
        let images = [0, 1].map(|hour| by_its_key(&scheme, hour, std::slice::from_ref(&flow)));
        let [one, other] = images.map(|mut flows| flows.remove(0).flow().key);
        // One in 2^32 addresses has the same image under two keys; 24 are tried.
        prop_assert_ne!((one.src_addr, one.dst_addr), (other.src_addr, other.dst_addr));
    }
}
