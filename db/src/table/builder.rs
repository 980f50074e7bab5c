//! What is stated, until it is a table.

use std::collections::HashMap;

use flow::Prefix;

use super::address::{Both, Spans};
use super::names::Numbering;
use super::numbered::Numbered;
use super::origins::Origin;
use super::row::country_number;
use super::{Table, combine};
use crate::own::{Attributes, Network};
use crate::{Full, Statement, Statements};

/// Statements that a builder takes, own networks among them. A city database has some
/// eight million networks, with two statements for each.
const STATEMENTS_MAX: usize = 1 << 26;

/// Builds a [`Table`] of what sources state and the operator says.
///
/// Which statement counts:
///
/// - What the operator says of a network of his own counts before all else, of several
///   networks around an address the most specific that says it, each attribute for
///   itself. Then comes what he says of the site, for private addresses.
/// - Of announced prefixes the most specific counts, of all sources together, as for a
///   router. Of one prefix the first source that states it decides; of its origins the
///   one that most peers saw, of equals the lowest number. The others are kept for
///   [`Table::lookup`].
/// - Derived origins count where no announced prefix is around the address, by the same
///   rules. Else the pieces that a range is cut into around a more specific prefix, or at
///   its ends, would pass for announced ones, and would win as they are more specific.
/// - Country and position, each for itself, are those of the first source that knows
///   them for the address; of its prefixes the most specific counts. How a database cuts
///   the world into prefixes says nothing about how well it knows it.
/// - The prefix and name of a special-purpose block count where no other prefix is known.
/// - Of several names of an AS, and of one attribute stated twice by one source for one
///   prefix, the first counts.
#[derive(Debug)]
pub struct Builder {
    pub(super) base: Option<Table>,
    /// The number of the source that is speaking.
    source: u32,
    statements: usize,
    limit: usize,
    pub(super) origins: Vec<Origin>,
    /// Origins that are derived.
    pub(super) derived: Vec<Origin>,
    /// By source.
    pub(super) countries: Vec<Spans>,
    pub(super) positions: Vec<Spans>,
    pub(super) places: Numbered<[u64; 2]>,
    pub(super) names: Numbering,
    pub(super) as_names: HashMap<u32, u32>,
    pub(super) own: Vec<Network>,
    pub(super) site: Attributes,
    /// Blocks of addresses that have a name, by its number.
    pub(super) blocks: Spans,
    pub(super) block_names: Numbered<(u8, u32)>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            base: None,
            source: 0,
            statements: 0,
            limit: STATEMENTS_MAX,
            origins: Vec::new(),
            derived: Vec::new(),
            countries: vec![Both::default()],
            positions: vec![Both::default()],
            places: Numbered::default(),
            names: Numbering::default(),
            as_names: HashMap::new(),
            own: Vec::new(),
            site: Attributes::default(),
            blocks: Both::default(),
            block_names: Numbered::default(),
        }
    }
}

impl Builder {
    /// A builder upon a table: what that knows counts after all that is stated here.
    #[must_use]
    pub fn upon(base: Table) -> Self {
        Self {
            names: Numbering::after(base.names.clone()),
            base: Some(base),
            ..Self::default()
        }
    }

    /// The same with another limit of statements.
    #[must_use]
    pub fn with_limit(self, statements: usize) -> Self {
        Self {
            limit: statements,
            ..self
        }
    }

    /// Begins the next source, which counts after those before.
    pub fn next_source(&mut self) {
        self.source = self.source.saturating_add(1);
        self.countries.push(Both::default());
        self.positions.push(Both::default());
    }

    /// Takes what the operator says of a network of his own.
    ///
    /// # Errors
    /// [`Full`] if no more are taken.
    pub fn own(&mut self, prefix: Prefix, attributes: Attributes) -> Result<(), Full> {
        self.count()?;
        self.own.push(Network { prefix, attributes });
        Ok(())
    }

    /// Takes what the operator says of all private addresses.
    pub fn site(&mut self, attributes: Attributes) {
        self.site = attributes;
    }

    /// Takes the name of a special-purpose block. It and its prefix count where no network
    /// of the operator's and no announced prefix is known.
    ///
    /// # Errors
    /// [`Full`] if no more are taken.
    pub fn block(&mut self, prefix: Prefix, name: Option<&str>) -> Result<(), Full> {
        self.count()?;
        let name = name.map_or(0, |name| self.names.number(name));
        let value = self.block_names.number((prefix.len(), name)) + 1;
        self.blocks.push(prefix, value);
        Ok(())
    }

    /// The table.
    #[must_use]
    pub fn build(self) -> Table {
        combine::combine(self)
    }

    fn count(&mut self) -> Result<(), Full> {
        if self.statements >= self.limit {
            return Err(Full { limit: self.limit });
        }
        self.statements += 1;
        Ok(())
    }
}

impl Statements for Builder {
    fn state(&mut self, statement: Statement<'_>) -> Result<(), Full> {
        self.count()?;
        match statement {
            Statement::Origin { prefix, asn, peers } if asn != 0 => self.origins.push(Origin {
                prefix,
                source: self.source,
                asn,
                peers,
            }),
            Statement::Derived { prefix, asn } if asn != 0 => self.derived.push(Origin {
                prefix,
                source: self.source,
                asn,
                peers: 1,
            }),
            // AS 0 stands for no AS (RFC 7607).
            Statement::Origin { .. } | Statement::Derived { .. } => {}
            Statement::AsName { asn, name } => {
                let number = self.names.number(name);
                self.as_names.entry(asn).or_insert(number);
            }
            Statement::Country { prefix, country } => {
                if let Some(of_source) = self.countries.last_mut() {
                    of_source.push(prefix, country_number(country));
                }
            }
            Statement::Position { prefix, position } => {
                let bits = [position.latitude, position.longitude].map(f64::to_bits);
                let number = self.places.number(bits);
                if let Some(of_source) = self.positions.last_mut() {
                    of_source.push(prefix, number + 1);
                }
            }
        }
        Ok(())
    }
}
