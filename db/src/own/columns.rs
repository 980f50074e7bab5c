//! Which column of a prefix file holds what: by its header, or by the order that holds
//! where there is none.

use csv::ByteRecord;

use super::row::{Wrong, text, wrong};
use crate::error::shown;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Prefix,
    Vlan,
    Name,
    Asn,
    Country,
    Latitude,
    Longitude,
}

impl Column {
    /// Its name in a header, in any case.
    const fn name(self) -> &'static str {
        match self {
            Self::Prefix => "prefix",
            Self::Vlan => "vlan",
            Self::Name => "name",
            Self::Asn => "asn",
            Self::Country => "country",
            Self::Latitude => "latitude",
            Self::Longitude => "longitude",
        }
    }
}

/// The columns of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// The operator's own prefixes.
    Prefixes,
    /// Their VLANs.
    Vlans,
}

impl Layout {
    /// The columns in the order that holds where no header says another.
    const fn order(self) -> &'static [Column] {
        const ALL: [Column; 7] = [
            Column::Prefix,
            Column::Vlan,
            Column::Name,
            Column::Asn,
            Column::Country,
            Column::Latitude,
            Column::Longitude,
        ];
        const PREFIXES: [Column; 6] = [
            Column::Prefix,
            Column::Name,
            Column::Asn,
            Column::Country,
            Column::Latitude,
            Column::Longitude,
        ];
        match self {
            Self::Prefixes => &PREFIXES,
            Self::Vlans => &ALL,
        }
    }

    /// The first so many columns are those of the original system's files, whose headers
    /// may call them anything.
    const fn original(self) -> usize {
        match self {
            Self::Prefixes => 1,
            Self::Vlans => 2,
        }
    }

    /// The columns as an error names them.
    const fn form(self) -> &'static str {
        match self {
            Self::Prefixes => "prefix[,name[,asn[,country[,latitude,longitude]]]]",
            Self::Vlans => "prefix,vlan[,name[,asn[,country[,latitude,longitude]]]]",
        }
    }
}

/// The columns of one file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Columns {
    layout: Layout,
    columns: Vec<Column>,
}

impl Columns {
    /// Those of a file without a header.
    pub(super) fn in_order(layout: Layout) -> Self {
        let columns = layout.order().to_vec();
        Self { layout, columns }
    }

    /// Those that a header names. Behind one that names only the first in order, the
    /// others follow in order, as they do without a header.
    pub(super) fn named(layout: Layout, header: &ByteRecord) -> Result<Self, Wrong> {
        let mut columns = Vec::with_capacity(header.len());
        let fields = header.iter().rposition(|field| !field.is_empty());
        for index in 0..=fields.unwrap_or(0) {
            columns.push(named(layout, text(header, index)?, index)?);
        }
        let needed = layout.order().iter().take(layout.original());
        for column in needed {
            if !columns.contains(column) {
                let found = format!("a header without `{}`", column.name());
                return wrong(found, layout.form());
            }
        }
        for (index, column) in columns.iter().enumerate() {
            if columns.iter().take(index).any(|other| other == column) {
                let found = format!("two columns `{}`", column.name());
                return wrong(found, "each column once");
            }
        }
        if layout.order().starts_with(&columns) {
            return Ok(Self::in_order(layout));
        }
        Ok(Self { layout, columns })
    }

    /// Where the values of a column are.
    pub(super) fn index(&self, column: Column) -> Option<usize> {
        self.columns.iter().position(|other| *other == column)
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.columns.len()
    }

    /// The columns as an error names them.
    pub(super) fn form(&self) -> String {
        if self.columns == self.layout.order() {
            return self.layout.form().to_owned();
        }
        let names: Vec<_> = self.columns.iter().map(|column| column.name()).collect();
        format!("{}, as the header says", names.join(","))
    }
}

/// The column that a header calls so.
fn named(layout: Layout, name: &str, index: usize) -> Result<Column, Wrong> {
    let order = layout.order();
    let known = order
        .iter()
        .find(|column| name.eq_ignore_ascii_case(column.name()));
    let original = order.iter().take(layout.original()).nth(index);
    match known.or(original) {
        Some(column) => Ok(*column),
        None => {
            let names: Vec<_> = order.iter().map(|column| column.name()).collect();
            wrong(
                format!("a column {}", shown(name)),
                format!("columns out of {}", names.join(", ")),
            )
        }
    }
}
