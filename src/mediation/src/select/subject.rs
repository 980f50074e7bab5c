//! What filters are applied to.

use flow::{Civil, EnrichedFlow, Field, OriginalFlow, Value};

use super::Stage;
use crate::anonymize::AnonymizedFlow;

/// A flow as a filter sees it: its values, by field.
///
/// Integer fields of signed type give [`Value::Signed`], those of unsigned type
/// [`Value::Unsigned`], as [`Field::kind`] has it; any field may give [`Value::Null`].
pub trait Subject {
    /// What is known of it.
    const STAGE: Stage;

    /// Its first packet in Unix milliseconds: the date fields are worked out from it,
    /// once, and only if the filter asks for one.
    fn start_ms(&self) -> i64;

    /// The value of a field; `civil` is the date of its start.
    fn value(&self, field: Field, civil: &Civil) -> Value<'_>;
}

/// Counters are seen scaled by the sampling rate, as they are after aggregation.
impl Subject for OriginalFlow {
    const STAGE: Stage = Stage::Original;

    fn start_ms(&self) -> i64 {
        self.start_ms
    }

    fn value(&self, field: Field, civil: &Civil) -> Value<'_> {
        Self::value(self, field, civil)
    }
}

/// Addresses are seen as they are.
impl Subject for EnrichedFlow {
    const STAGE: Stage = Stage::Prepared;

    fn start_ms(&self) -> i64 {
        self.flow.start_ms
    }

    fn value(&self, field: Field, civil: &Civil) -> Value<'_> {
        Self::value(self, field, civil)
    }
}

/// Addresses are seen anonymized: a filter tells nothing that the flow does not.
impl Subject for AnonymizedFlow {
    const STAGE: Stage = Stage::Prepared;

    fn start_ms(&self) -> i64 {
        self.flow().start_ms
    }

    fn value(&self, field: Field, civil: &Civil) -> Value<'_> {
        Self::value(self, field, civil)
    }
}

/// A prepared flow with its position in the stream.
#[derive(Debug, Clone, Copy)]
pub struct Published<'a> {
    /// The position.
    pub seq: u64,
    /// The flow.
    pub flow: &'a AnonymizedFlow,
}

/// Addresses are seen anonymized.
impl Subject for Published<'_> {
    const STAGE: Stage = Stage::Published;

    fn start_ms(&self) -> i64 {
        self.flow.flow().start_ms
    }

    fn value(&self, field: Field, civil: &Civil) -> Value<'_> {
        match field {
            Field::Seq => Value::Unsigned(self.seq),
            _ => self.flow.value(field, civil),
        }
    }
}
