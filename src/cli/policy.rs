//! A policy field by field, out of the settings.

use flow::{Field, Method};
use mediation::anonymize::method::{AddressBits, Digits, Grid, NoisePercent, TimeUnit};
use mediation::anonymize::{
    Methods, Parameters, Rules, Scheme, Scopes, SpecialUse, TableError, Unsuitable,
};
use settings::{Anonymizer, Measures, SpecialAddresses};

/// Why a policy cannot be made. The settings are checked for what they could do wrong.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PolicyError {
    /// A method is none for its field.
    #[error("anonymizer.fields: {0}")]
    Unsuitable(#[from] Unsuitable),
    /// The methods do not fit together.
    #[error("anonymizer.fields: {0}")]
    Table(#[from] TableError),
    /// A measure is beyond what its method takes.
    #[error("anonymizer: a measure is out of its range; see settings/default.toml")]
    Measure,
}

/// What the settings say becomes of flows, but for the limit of ports.
pub(super) fn scheme(anonymizer: &Anonymizer) -> Result<Scheme, PolicyError> {
    if let Some(rules) = rules(anonymizer)? {
        return Ok(Scheme::table(rules));
    }
    Ok(match anonymizer.policy() {
        settings::Policy::None => Scheme::NONE,
        settings::Policy::Cnsm2019 => Scheme::CNSM2019,
        // The strict preset is always a table.
        settings::Policy::Standard | settings::Policy::Strict => Scheme::STANDARD,
    })
}

/// What differs from a preset that needs no table, or the strict one; `None` where the
/// settings say no more than such a preset.
fn rules(anonymizer: &Anonymizer) -> Result<Option<Rules>, PolicyError> {
    let is_strict = anonymizer.policy() == settings::Policy::Strict;
    let special = match anonymizer.special_addresses() {
        Some(SpecialAddresses::Anonymized) => SpecialUse::Anonymized,
        Some(SpecialAddresses::Clear) => SpecialUse::Clear,
        None if is_strict => SpecialUse::Clear,
        None => SpecialUse::Anonymized,
    };
    let scopes = Scopes::new(anonymizer.clear_prefixes(), special);
    let has_grid = anonymizer.measures().position_grid > 0;
    let is_changed = !anonymizer.fields().is_empty() || has_grid;
    if !is_strict && !is_changed && scopes.is_none() {
        return Ok(None);
    }
    let is_preset = is_strict && !is_changed && anonymizer.clear_prefixes().is_empty();
    let is_preset = is_preset && special == SpecialUse::Clear;
    let name = if is_preset { "strict" } else { "custom" };
    let parameters = parameters(anonymizer.measures()).ok_or(PolicyError::Measure)?;
    Ok(Some(Rules::new(
        name,
        methods(anonymizer)?,
        parameters,
        scopes,
    )?))
}

/// Those of the preset, then those of single fields. A grid is for positions that leave.
fn methods(anonymizer: &Anonymizer) -> Result<Methods, Unsuitable> {
    const POSITIONS: [Field; 4] = [
        Field::SrcLatitude,
        Field::SrcLongitude,
        Field::DstLatitude,
        Field::DstLongitude,
    ];
    let mut methods = match anonymizer.policy() {
        settings::Policy::None => Methods::none(),
        settings::Policy::Standard => Methods::standard(),
        settings::Policy::Strict => Methods::strict(),
        settings::Policy::Cnsm2019 => Methods::cnsm2019(),
    };
    for &(field, method) in anonymizer.fields() {
        methods = methods.with(field, method)?;
    }
    if anonymizer.measures().position_grid > 0 {
        for field in POSITIONS {
            if methods.leaves(field) {
                methods = methods.with(field, Method::PrecisionDegradation)?;
            }
        }
    }
    Ok(methods)
}

fn parameters(measures: &Measures) -> Option<Parameters> {
    let millis = |duration: std::time::Duration| u64::try_from(duration.as_millis()).ok();
    let unit = |duration| TimeUnit::from_millis(millis(duration)?);
    Some(Parameters {
        address_bits: AddressBits::new(measures.address_bits_v4, measures.address_bits_v6)?,
        time_unit: unit(measures.time_unit)?,
        shift_most_ms: millis(measures.time_shift)?,
        shift_epoch: unit(measures.time_shift_epoch)?,
        digits: Digits::new(measures.counter_digits)?,
        noise: NoisePercent::new(measures.counter_noise)?,
        // Positions that have precision degradation by their field alone: one degree.
        grid: Grid::new(measures.position_grid.max(1).into())?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_measures_are_those_of_the_settings() {
        let settings = settings::load(&settings::Sources::default()).unwrap();
        let measures = settings.anonymizer().measures();
        assert_eq!(parameters(measures), Some(Parameters::DEFAULT));
    }
}
