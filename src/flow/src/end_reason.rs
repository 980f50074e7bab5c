//! Why a flow ended.

/// Why a flow ended: `flowEndReason`, IPFIX element 136 (RFC 5102, 5.11.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum EndReason {
    /// No packet was seen for the idle timeout.
    Idle = 1,
    /// It lasted longer than the active timeout and was cut; a part may follow.
    Active = 2,
    /// Its end was seen, such as FIN or RST.
    End = 3,
    /// It was cut by an outside event, such as the shutdown of the collector.
    Forced = 4,
    /// There was no room left to keep it.
    Resources = 5,
}

impl EndReason {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 5] = [
        Self::Idle,
        Self::Active,
        Self::End,
        Self::Forced,
        Self::Resources,
    ];

    /// The reason of a number of element 136; `None` for one it does not define.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Idle),
            2 => Some(Self::Active),
            3 => Some(Self::End),
            4 => Some(Self::Forced),
            5 => Some(Self::Resources),
            _ => None,
        }
    }

    /// The number of element 136.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The name as prepared flows carry it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Active => "active",
            Self::End => "end",
            Self::Forced => "forced",
            Self::Resources => "resources",
        }
    }

    /// The reason of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_round_trip() {
        for reason in EndReason::ALL {
            assert_eq!(EndReason::from_number(reason.number()), Some(reason));
            assert_eq!(EndReason::from_name(reason.name()), Some(reason));
        }
        assert_eq!(EndReason::from_number(0), None);
        assert_eq!(EndReason::from_number(6), None);
        assert_eq!(EndReason::from_name(""), None);
    }
}
