//! What metadata say of a field, read back: the other way round of `describe`.

use flow::Method;

use super::SpecialUse;
use crate::anonymize::method::{AddressBits, Digits, Grid, NoisePercent, TimeUnit};

/// A method as metadata say it, with the measures that they say it has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Said {
    /// The method; of a prefix that of its address.
    pub method: Method,
    /// The measures of the method.
    pub measures: SaidMeasures,
    /// Ports from a limit on are 0 before anything else; which limit, is not said.
    pub has_port_limit: bool,
    /// It is null where an AS or a country has fewer addresses than the settings say.
    pub has_rare_limit: bool,
    /// In how many prefixes addresses leave as they are.
    pub clear_prefixes: u64,
    /// What becomes of special-use addresses.
    pub special: SpecialUse,
}

/// The measures of a method, as far as metadata say any.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SaidMeasures {
    /// Leading bits of addresses that are kept, or that are dropped.
    pub address_bits: Option<AddressBits>,
    /// To what times are cut.
    pub time_unit: Option<TimeUnit>,
    /// Leading decimal digits of counters.
    pub digits: Option<Digits>,
    /// The most that noise adds or takes.
    pub noise: Option<NoisePercent>,
    /// The grid of positions.
    pub grid: Option<Grid>,
}

/// What ports are said to be below a limit, before what else is said of them.
pub(in crate::anonymize) const PORT_LIMIT: &str = "binning: ports from a limit on are 0";
/// What is said of an AS, a country or a position that may be null, before the number.
pub(in crate::anonymize) const RARE: &str =
    "precision degradation: null where an AS or a country has fewer addresses than ";
/// What is said of special-use addresses that leave.
pub(super) const SPECIAL: &str = "special-use addresses are clear";
/// What is said of addresses in scopes, before their number.
pub(super) const SCOPES: &str = "addresses in prefixes of the settings are clear (";

impl Said {
    /// What is said by the name of a method and a text. The name counts: of words that are
    /// none of ours only the measures are not known. `None` if neither is ours.
    #[must_use]
    pub fn of(method: Option<Method>, text: &str) -> Option<Self> {
        let read = Self::read(text);
        let agrees = |said: &Self| {
            let method = method.unwrap_or(said.method);
            said.method == method || said.has_port_limit || said.has_rare_limit
        };
        let named = method.map(|method| Self {
            method,
            ..Self::NOTHING
        });
        read.filter(agrees).or(named)
    }

    /// Nothing is done, and to all alike.
    const NOTHING: Self = Self {
        method: Method::Clear,
        measures: SaidMeasures {
            address_bits: None,
            time_unit: None,
            digits: None,
            noise: None,
            grid: None,
        },
        has_port_limit: false,
        has_rare_limit: false,
        clear_prefixes: 0,
        special: SpecialUse::Anonymized,
    };

    /// What a text of [`Technique::text`](super::Technique::text) says; `None` for words
    /// that are none of ours.
    fn read(text: &str) -> Option<Self> {
        // A port with a limit and nothing else is as it is below the limit.
        let mut said = Self::NOTHING;
        for part in text.split("; ") {
            said.part(part)?;
        }
        Some(said)
    }

    fn part(&mut self, part: &str) -> Option<()> {
        if part == PORT_LIMIT {
            self.has_port_limit = true;
        } else if let Some(limit) = part.strip_prefix(RARE) {
            self.has_rare_limit = limit.parse::<u64>().is_ok();
        } else if part == SPECIAL {
            self.special = SpecialUse::Clear;
        } else if let Some(rest) = part.strip_prefix(SCOPES) {
            self.clear_prefixes = rest.strip_suffix(')')?.parse().ok()?;
        } else if part.starts_with("of that the leading ") {
            self.method = Method::TruncatedPrefixPreserving;
            self.measures.address_bits = Some(bits(part)?);
        } else {
            self.method = method(part)?;
            self.measure(part)?;
        }
        Some(())
    }

    fn measure(&mut self, part: &str) -> Option<()> {
        let measures = &mut self.measures;
        let first = || numbers(part).next();
        match self.method {
            Method::Truncation | Method::ReverseTruncation => {
                measures.address_bits = Some(bits(part)?);
            }
            Method::PrecisionDegradation if part.contains(" ms") => {
                measures.time_unit = Some(TimeUnit::from_millis(first()?)?);
            }
            Method::PrecisionDegradation if part.contains("degrees") => {
                measures.grid = Some(Grid::new(degrees(part)?)?);
            }
            Method::PrecisionDegradation => {
                measures.digits = Some(Digits::new(u8::try_from(first()?).ok()?)?);
            }
            Method::Noise => {
                measures.noise = Some(NoisePercent::new(u8::try_from(first()?).ok()?)?);
            }
            _ => {}
        }
        Some(())
    }
}

/// The method that the first words of a text name.
fn method(text: &str) -> Option<Method> {
    const NAMES: [(&str, Method); 15] = [
        ("none", Method::Clear),
        ("black-marker", Method::BlackMarker),
        ("prefix-preserving: ipcrypt-pfx", Method::IpcryptPfx),
        ("prefix-preserving", Method::PrefixPreserving),
        ("permutation of each octet", Method::OctetPermutation),
        (
            "permutation: ipcrypt-deterministic",
            Method::IpcryptDeterministic,
        ),
        ("permutation", Method::Permutation),
        ("truncation", Method::Truncation),
        ("reverse truncation", Method::ReverseTruncation),
        ("precision degradation", Method::PrecisionDegradation),
        ("enumeration", Method::Enumeration),
        ("random shift", Method::RandomShift),
        ("binning", Method::Binning),
        ("noise", Method::Noise),
        ("derived", Method::Derived),
    ];
    let named = NAMES.iter().find(|(name, _)| text.starts_with(name));
    named.map(|(_, method)| *method)
}

/// The whole numbers of a text; those that are part of a word are none.
fn numbers(text: &str) -> impl Iterator<Item = u64> {
    text.split([' ', ':', ','])
        .filter_map(|word| word.parse().ok())
}

fn bits(text: &str) -> Option<AddressBits> {
    let mut numbers = numbers(text).map(u8::try_from);
    AddressBits::new(numbers.next()?.ok()?, numbers.next()?.ok()?)
}

fn degrees(text: &str) -> Option<f64> {
    text.split(' ').find_map(|word| word.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::super::{Methods, Parameters, Scopes, Table};
    use super::*;
    use crate::anonymize::{Anonymization, Key, Policy};
    use crate::select::PortLimit;
    use flow::Field;
    use proptest::prelude::*;

    #[test]
    fn words_that_are_none_of_ours_say_nothing() {
        for text in [
            "",
            "hashed",
            "truncation",
            "truncation: the leading 40 bits of IPv4 and 48 of IPv6 are kept",
            "prefix-preserving: Crypto-PAn; and then some",
            "noise: at most 0 percent, or 1",
            "addresses in prefixes of the settings are clear (two)",
        ] {
            assert_eq!(Said::read(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_name_of_a_method_counts_and_words_only_tell_more() {
        let words = "truncation: the leading 20 bits of IPv4 and 40 of IPv6 are kept";
        let both = Said::of(Some(Method::Truncation), words).unwrap();
        assert_eq!(Some(both), Said::read(words));
        for words in ["something new", "noise: at most 10 percent, or 1"] {
            let named = Said::of(Some(Method::Truncation), words).unwrap();
            assert_eq!(named.method, Method::Truncation);
            assert_eq!(named.measures, SaidMeasures::default());
        }
        assert_eq!(Said::of(None, words), Said::read(words));
        assert_eq!(Said::of(None, "something new"), None);
        let limited = Said::of(Some(Method::Binning), PORT_LIMIT).unwrap();
        assert_eq!(
            (limited.method, limited.has_port_limit),
            (Method::Clear, true)
        );
    }

    #[test]
    fn a_port_with_a_limit_alone_is_as_it_is_below_it() {
        let said = Said::read(PORT_LIMIT).unwrap();
        assert_eq!((said.method, said.has_port_limit), (Method::Clear, true));
        let both = Said::read(&format!("{PORT_LIMIT}; permutation with the key")).unwrap();
        assert_eq!(
            (both.method, both.has_port_limit),
            (Method::Permutation, true)
        );
    }

    prop_compose! {
        fn parameters()(
            v4 in 0_u8..=32, v6 in 0_u8..=128, unit in 1_u64..1_000_000, most in 1_u64..1_000_000,
            digits in 1_u8..=20, noise in 1_u8..=100, grid in 1_u8..=90,
        ) -> Parameters {
            Parameters {
                address_bits: AddressBits::new(v4, v6).unwrap(),
                time_unit: TimeUnit::from_millis(unit).unwrap(),
                shift_most_ms: most,
                shift_epoch: TimeUnit::from_millis(86_400_000).unwrap(),
                digits: Digits::new(digits).unwrap(),
                noise: NoisePercent::new(noise).unwrap(),
                grid: Grid::new(grid.into()).unwrap(),
            }
        }
    }

    proptest! {
        // Each makes a table of the first bits of all addresses.
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// Whatever is said of any field is read as what was meant.
        #[test]
        fn what_is_said_is_read_back(
            parameters in parameters(), limited: bool, special: bool, choice in 0_usize..7,
        ) {
            let mut methods = Methods::none();
            for field in Field::ALL {
                let of_field = Method::of_field(field);
                methods = methods.with(field, of_field[choice % of_field.len()]).unwrap();
            }
            let special = if special { SpecialUse::Clear } else { SpecialUse::Anonymized };
            let scopes = Scopes::new(&["192.0.2.0/24".parse().unwrap()], special);
            let key = Key::from_octets(&[7; 32]).unwrap();
            let Ok(table) = Table::new("custom", methods.clone(), parameters, scopes, Some(&key))
            else {
                // One time is numbered and the other is not.
                return Ok(());
            };
            let ports = if limited { PortLimit::at(1_024) } else { PortLimit::OFF };
            let policy = Anonymization::new(Policy::Table(Box::new(table))).with_ports(ports);
            for technique in policy.techniques() {
                let said = Said::read(&technique.text);
                prop_assert_eq!(said, Said::of(Some(technique.method), &technique.text));
                let said = said.expect(&technique.text);
                let only_limited = said.has_port_limit && said.method == Method::Clear;
                prop_assert!(said.method == technique.method || only_limited, "{technique:?}");
                let (field, measures) = (technique.field, said.measures);
                if let Some(found) = measures.address_bits {
                    prop_assert_eq!(found, parameters.address_bits);
                }
                if let Some(found) = measures.time_unit {
                    prop_assert_eq!(found, parameters.time_unit);
                }
                if let Some(found) = measures.digits {
                    prop_assert_eq!(found, parameters.digits);
                }
                if let Some(found) = measures.noise {
                    prop_assert_eq!(found, parameters.noise);
                }
                if let Some(found) = measures.grid {
                    prop_assert_eq!(found, parameters.grid);
                }
                // Where all leave as they are, scopes say nothing.
                let is_address = matches!(field, Field::SrcAddr | Field::DstAddr)
                    && said.method != Method::Clear;
                prop_assert_eq!(said.clear_prefixes, u64::from(is_address || said.clear_prefixes > 0));
                if is_address {
                    prop_assert_eq!(said.special, special);
                }
                let measured = measures != SaidMeasures::default();
                let has_measure = matches!(
                    said.method,
                    Method::Truncation
                        | Method::ReverseTruncation
                        | Method::TruncatedPrefixPreserving
                        | Method::PrecisionDegradation
                        | Method::Noise
                );
                prop_assert_eq!(measured, has_measure, "{:?}", technique);
            }
        }
    }
}
