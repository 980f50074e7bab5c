//! What options records tell beside sampling rates: read where it stands, because it
//! is seldom and mostly text.

use super::{Context, Reader};
use crate::clock::stated_ms;
use crate::counters::Tally;
use crate::told::{Algorithm, Named, Statistics, Subject, Telling, Timeouts, clean};

/// A field that is read so: it begins so many octets after the base of its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ToldField {
    pub(super) element: u16,
    pub(super) group: u8,
    pub(super) offset: u16,
    pub(super) length: u16,
}

/// Elements of scopes and of values.
mod element {
    pub(super) const IN_IF: u16 = 10;
    pub(super) const OUT_IF: u16 = 14;
    pub(super) const SAMPLING_ALGORITHM: u16 = 35;
    pub(super) const ACTIVE_TIMEOUT: u16 = 36;
    pub(super) const IDLE_TIMEOUT: u16 = 37;
    pub(super) const EXPORTED_OCTETS: u16 = 40;
    pub(super) const EXPORTED_MESSAGES: u16 = 41;
    pub(super) const EXPORTED_FLOWS: u16 = 42;
    pub(super) const SAMPLER_ID: u16 = 48;
    pub(super) const SAMPLER_MODE: u16 = 49;
    pub(super) const IF_NAME: u16 = 82;
    pub(super) const IF_DESCRIPTION: u16 = 83;
    pub(super) const SAMPLER_NAME: u16 = 84;
    pub(super) const APPLICATION_DESCRIPTION: u16 = 94;
    pub(super) const APPLICATION_ID: u16 = 95;
    pub(super) const APPLICATION_NAME: u16 = 96;
    pub(super) const METERING_PROCESS: u16 = 143;
    pub(super) const EXPORTING_PROCESS: u16 = 144;
    pub(super) const OBSERVED_FLOWS: u16 = 163;
    pub(super) const IGNORED_PACKETS: u16 = 164;
    pub(super) const IGNORED_OCTETS: u16 = 165;
    pub(super) const UNSENT_FLOWS: u16 = 166;
    pub(super) const UNSENT_PACKETS: u16 = 167;
    pub(super) const UNSENT_OCTETS: u16 = 168;
    pub(super) const IN_VRF: u16 = 234;
    pub(super) const OUT_VRF: u16 = 235;
    pub(super) const VRF_NAME: u16 = 236;
    pub(super) const SELECTOR_ID: u16 = 302;
    pub(super) const SELECTOR_ALGORITHM: u16 = 304;
    pub(super) const SECONDS: u16 = 322;
    pub(super) const MILLIS: u16 = 323;
    pub(super) const MICROS: u16 = 324;
    pub(super) const NANOS: u16 = 325;
    pub(super) const SELECTOR_NAME: u16 = 335;
}

/// Whether an element of an Options Template is read so.
pub(super) const fn is_told(of: u16) -> bool {
    matches!(
        of,
        10 | 14 | 35..=37 | 40..=42 | 48 | 49 | 82..=84 | 94..=96 | 143 | 144 | 163..=168
            | 234..=236 | 302 | 304 | 322..=325 | 335
    )
}

/// One record, field by field.
struct Row<'a, R> {
    fields: &'a [ToldField],
    record: &'a R,
    text_octets: usize,
}

impl<R: Reader> Row<'_, R> {
    /// The octets of an element, as often as it is there.
    fn all(&self, element: u16) -> impl Iterator<Item = &[u8]> {
        let fields = self
            .fields
            .iter()
            .filter(move |field| field.element == element);
        fields.filter_map(|field| self.record.value(field))
    }

    fn number(&self, element: u16) -> Option<u64> {
        self.all(element).find_map(unsigned)
    }

    /// The first of some elements, as a number of an interface, VRF or process.
    fn index(&self, elements: &[u16]) -> Option<u32> {
        let numbers = elements.iter().filter_map(|&element| self.number(element));
        numbers
            .filter_map(|number| u32::try_from(number).ok())
            .next()
    }

    fn text(&self, element: u16, tally: &mut Tally) -> Option<Box<str>> {
        let mut all = self.all(element);
        all.find_map(|octets| clean(octets, self.text_octets, tally))
    }
}

/// A number of up to 8 octets.
fn unsigned(octets: &[u8]) -> Option<u64> {
    let number = octets
        .iter()
        .fold(0, |number, &octet| number << 8 | u64::from(octet));
    (1..=8).contains(&octets.len()).then_some(number)
}

/// Hands on what a record tells.
pub(super) fn tell<R: Reader>(
    (fields, record): (&[ToldField], &R),
    text_octets: usize,
    context: &Context,
    tally: &mut Tally,
    mut out: impl FnMut(Telling),
) {
    let row = Row {
        fields,
        record,
        text_octets,
    };
    for (subject, name, description) in subjects(&row) {
        let named = Named {
            name: row.text(name, tally),
            description: description.and_then(|element| row.text(element, tally)),
            algorithm: algorithm(&row).filter(|_| selects(subject)),
        };
        if named != Named::default() {
            out(Telling::Name(subject, named));
        }
    }
    let seconds = |element| u16::try_from(row.number(element)?).ok().filter(|&s| s > 0);
    let timeouts = Timeouts {
        active_s: seconds(element::ACTIVE_TIMEOUT),
        idle_s: seconds(element::IDLE_TIMEOUT),
    };
    if timeouts != Timeouts::default() {
        out(Telling::Timeouts(timeouts));
    }
    let statistics = statistics(&row, context);
    if statistics != Statistics::default() {
        let process = row.index(&[element::METERING_PROCESS, element::EXPORTING_PROCESS]);
        out(Telling::Statistics(process.unwrap_or(0), statistics));
    }
}

/// What a record has a name for, and the elements of name and description.
fn subjects<R: Reader>(row: &Row<'_, R>) -> impl Iterator<Item = (Subject, u16, Option<u16>)> {
    let interface = row.index(&[element::IN_IF, element::OUT_IF]);
    let interface = interface.map(Subject::Interface);
    let vrf = row.index(&[element::IN_VRF, element::OUT_VRF]);
    let application = row.all(element::APPLICATION_ID).find_map(|octets| {
        let (&engine, selector) = octets.split_first()?;
        let selector = unsigned(selector)?;
        Some(Subject::Application { engine, selector })
    });
    // Samplers that have no number are the only one of their exporter.
    let selector = row.number(element::SELECTOR_ID).map(Subject::Selector);
    let sampler = row.number(element::SAMPLER_ID).map(Subject::Sampler);
    let sampler = sampler.or(selector.is_none().then_some(Subject::Sampler(0)));
    [
        (interface, element::IF_NAME, Some(element::IF_DESCRIPTION)),
        (vrf.map(Subject::Vrf), element::VRF_NAME, None),
        (
            application,
            element::APPLICATION_NAME,
            Some(element::APPLICATION_DESCRIPTION),
        ),
        (sampler, element::SAMPLER_NAME, None),
        (selector, element::SELECTOR_NAME, None),
    ]
    .into_iter()
    .filter_map(|(subject, name, description)| Some((subject?, name, description)))
}

const fn selects(subject: Subject) -> bool {
    matches!(subject, Subject::Sampler(_) | Subject::Selector(_))
}

/// By the registries of selectorAlgorithm, samplingAlgorithm and samplerMode.
fn algorithm<R: Reader>(row: &Row<'_, R>) -> Option<Algorithm> {
    if let Some(number) = row.number(element::SELECTOR_ALGORITHM) {
        return match u16::try_from(number).ok()? {
            0 => None,
            1 | 2 => Some(Algorithm::Systematic),
            3 | 4 => Some(Algorithm::Random),
            other => Some(Algorithm::Other(other)),
        };
    }
    let modes = [element::SAMPLING_ALGORITHM, element::SAMPLER_MODE];
    let mut modes = modes.into_iter().filter_map(|element| row.number(element));
    modes.find_map(|mode| match mode {
        1 => Some(Algorithm::Systematic),
        2 => Some(Algorithm::Random),
        _ => None,
    })
}

fn statistics<R: Reader>(row: &Row<'_, R>, context: &Context) -> Statistics {
    let mut told = Statistics {
        messages: row.number(element::EXPORTED_MESSAGES),
        flows: row.number(element::EXPORTED_FLOWS),
        octets: row.number(element::EXPORTED_OCTETS),
        observed_flows: row.number(element::OBSERVED_FLOWS),
        ignored_packets: row.number(element::IGNORED_PACKETS),
        ignored_octets: row.number(element::IGNORED_OCTETS),
        unsent_flows: row.number(element::UNSENT_FLOWS),
        unsent_packets: row.number(element::UNSENT_PACKETS),
        unsent_octets: row.number(element::UNSENT_OCTETS),
        lost_ms: None,
    };
    if told != Statistics::default() {
        told.lost_ms = range(row, context);
    }
    told
}

/// Two times of one element, in either order (RFC 7011, 4.2 and 4.3).
fn range<R: Reader>(row: &Row<'_, R>, context: &Context) -> Option<(i64, i64)> {
    let clock = &context.clock;
    let of = |element, read: &dyn Fn(u64) -> Option<i64>| {
        let mut times = row.all(element).filter_map(unsigned).filter_map(read);
        let (one, other) = (times.next()?, times.next()?);
        Some((one.min(other), one.max(other)))
    };
    of(element::SECONDS, &|time| {
        Some(clock.of_seconds(u32::try_from(time).ok()?))
    })
    .or_else(|| of(element::MILLIS, &stated_ms))
    .or_else(|| of(element::MICROS, &|time| Some(clock.of_ntp_micros(time))))
    .or_else(|| of(element::NANOS, &|time| Some(clock.of_ntp(time))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_that_is_read_is_told_and_no_other() {
        let named = [
            element::IN_IF,
            element::OUT_IF,
            element::SELECTOR_NAME,
            element::NANOS,
        ];
        assert!(named.into_iter().all(is_told));
        assert!((0..=u16::MAX).filter(|&of| is_told(of)).count() == 34);
    }

    #[test]
    fn a_number_has_one_to_eight_octets() {
        assert_eq!(unsigned(&[1, 0]), Some(256));
        assert_eq!(unsigned(&[0xFF; 8]), Some(u64::MAX));
        assert_eq!((unsigned(&[]), unsigned(&[0; 9])), (None, None));
    }
}
