//! Positions on a grid: precision degradation of degrees, as RFC 6235 has it for times
//! and counters.

use flow::Position;

/// A grid of equal steps in degrees from the equator and from Greenwich.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid(f64);

impl Grid {
    /// Steps of so many degrees; `None` unless more than 0 and at most 90.
    #[must_use]
    pub const fn new(degrees: f64) -> Option<Self> {
        if degrees > 0.0 && degrees <= 90.0 {
            Some(Self(degrees))
        } else {
            None
        }
    }

    /// The step in degrees.
    #[must_use]
    pub const fn degrees(self) -> f64 {
        self.0
    }

    /// The crossing nearest to a position, by its degrees; at the poles and at 180 degrees
    /// no further than there.
    #[must_use]
    pub fn snap(self, position: Position) -> Position {
        // A sum with 0 has no negative zero, which would be written otherwise.
        let nearest = |degrees: f64| (degrees / self.0).round() * self.0 + 0.0;
        Position {
            latitude: nearest(position.latitude).clamp(-90.0, 90.0),
            longitude: nearest(position.longitude).clamp(-180.0, 180.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_position_becomes_the_nearest_crossing() {
        let zurich = Position::new(47.38, 8.54).unwrap();
        let snap = |degrees| Grid::new(degrees).unwrap().snap(zurich);
        assert_eq!(snap(1.0), Position::new(47.0, 9.0).unwrap());
        assert_eq!(snap(10.0), Position::new(50.0, 10.0).unwrap());
        let south_west = Position::new(-0.1, -0.1).unwrap();
        let origin = Grid::new(1.0).unwrap().snap(south_west);
        assert!(origin.latitude.is_sign_positive() && origin.longitude.is_sign_positive());
    }

    #[test]
    fn a_grid_has_a_step() {
        for degrees in [0.0, -1.0, 90.5, f64::NAN, f64::INFINITY] {
            assert_eq!(Grid::new(degrees), None);
        }
    }

    proptest! {
        #[test]
        fn a_crossing_is_on_earth_and_half_a_step_away_at_most(
            latitude in -90.0..=90.0, longitude in -180.0..=180.0, degrees in 0.001..=90.0,
        ) {
            let position = Position::new(latitude, longitude).unwrap();
            let told = Grid::new(degrees).unwrap().snap(position);
            prop_assert!(Position::new(told.latitude, told.longitude).is_some());
            let most = degrees / 2.0 * (1.0 + 1e-9);
            prop_assert!((told.latitude - latitude).abs() <= most);
            prop_assert!((told.longitude - longitude).abs() <= most);
        }
    }
}
