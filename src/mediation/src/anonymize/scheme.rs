//! What is done to flows before they leave, before there is a key.

use flow::{Field, Method};

use super::{Anonymization, CryptoPan, Key, KeyName, OctetPermutation, Policy, Rules, TableError};
use crate::select::PortLimit;

/// A policy, a limit of ports and what was coarsened before, of which each key makes an [`Anonymization`].
#[derive(Debug, Clone)]
pub struct Scheme {
    plan: Plan,
    ports: PortLimit,
    rare_under: u64,
}

/// The policies before they have a key.
#[derive(Debug, Clone)]
enum Plan {
    None,
    Standard,
    Cnsm2019,
    Table(Box<Rules>),
}

impl Scheme {
    /// Everything leaves as it is.
    pub const NONE: Self = Self::of(Plan::None);

    /// Addresses by prefix-preserving permutation; it needs a key.
    pub const STANDARD: Self = Self::of(Plan::Standard);

    /// Addresses octet by octet, as the original system did, with its published key.
    pub const CNSM2019: Self = Self::of(Plan::Cnsm2019);

    const fn of(plan: Plan) -> Self {
        Self {
            plan,
            ports: PortLimit::OFF,
            rare_under: 0,
        }
    }

    /// Field by field, with scopes.
    #[must_use]
    pub fn table(rules: Rules) -> Self {
        Self::of(Plan::Table(Box::new(rules)))
    }

    /// The same with a limit of ports (RFC 6235, 4.5: binning).
    #[must_use]
    pub fn with_ports(self, ports: PortLimit) -> Self {
        Self { ports, ..self }
    }

    /// The same of flows in which ASNs and countries with fewer addresses are not known;
    /// 0: all are. It is said of them, not done: enrichment leaves them out.
    #[must_use]
    pub fn with_rare_under(self, rare_under: u64) -> Self {
        Self { rare_under, ..self }
    }

    /// Whether it has to have a secret key.
    #[must_use]
    pub fn needs_key(&self) -> bool {
        match &self.plan {
            Plan::None | Plan::Cnsm2019 => false,
            Plan::Standard => true,
            Plan::Table(rules) => rules.need_key(),
        }
    }

    /// What is done under a key, which metadata name so.
    #[must_use]
    pub fn with_key(&self, key: &Key, name: KeyName) -> Anonymization {
        let policy = match &self.plan {
            Plan::None => Policy::None,
            Plan::Standard => Policy::Standard(Box::new(CryptoPan::new(key))),
            Plan::Cnsm2019 => published(),
            Plan::Table(rules) => Policy::Table(Box::new(rules.with_key(key))),
        };
        self.anonymization(policy).with_key(name)
    }

    /// What is done without a key.
    ///
    /// # Errors
    /// [`TableError::NoKey`] if it has to have one.
    pub fn without_key(&self) -> Result<Anonymization, TableError> {
        let policy = match &self.plan {
            Plan::None => Policy::None,
            Plan::Cnsm2019 => published(),
            Plan::Standard => {
                return Err(TableError::NoKey {
                    field: Field::SrcAddr,
                    method: Method::PrefixPreserving,
                });
            }
            Plan::Table(rules) => Policy::Table(Box::new(rules.without_key()?)),
        };
        Ok(self.anonymization(policy))
    }

    const fn anonymization(&self, policy: Policy) -> Anonymization {
        Anonymization {
            policy,
            ports: self.ports,
            rare_under: self.rare_under,
            key: None,
        }
    }
}

fn published() -> Policy {
    let octets = OctetPermutation::new(OctetPermutation::PUBLISHED_SEED);
    Policy::Cnsm2019(Box::new(octets))
}
