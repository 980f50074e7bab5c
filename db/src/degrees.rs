//! Latitudes and longitudes as databases store them.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};

/// Degrees. Some publishers store them with 32 bits, others with 64.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Degrees(pub(crate) f64);

impl<'de> Deserialize<'de> for Degrees {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Number)
    }
}

struct Number;

impl Visitor<'_> for Number {
    type Value = Degrees;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("degrees, as a float or a double")
    }

    fn visit_f32<E>(self, degrees: f32) -> Result<Degrees, E> {
        Ok(Degrees(degrees.into()))
    }

    fn visit_f64<E>(self, degrees: f64) -> Result<Degrees, E> {
        Ok(Degrees(degrees))
    }
}
