//! The filters that the settings name, compiled.

use actors::pipeline::Selection;
use mediation::select::{Filter, FilterError};
use settings::Settings;

/// Why a filter of the settings is not taken.
#[derive(Debug, thiserror::Error)]
#[error("{key}, column {}: {fault}", fault.column())]
pub(crate) struct SelectionError {
    key: &'static str,
    #[source]
    fault: Box<FilterError>,
}

impl SelectionError {
    /// The filter with what is wrong marked.
    pub(crate) fn render(&self) -> String {
        format!("{}:\n{}", self.key, self.fault.render())
    }
}

/// The filters, compiled for the flows that they are applied to.
pub(crate) fn selection(settings: &Settings) -> Result<Selection, SelectionError> {
    let aggregator = settings.aggregator();
    Ok(Selection {
        drop_special: aggregator.drop_special_addresses(),
        records: compiled("aggregator.filter", aggregator.filter(), |filter| {
            filter.compile()
        })?,
        flows: compiled("enricher.filter", settings.enricher().filter(), |filter| {
            filter.compile()
        })?,
    })
}

/// A filter of a key, if there is one.
fn compiled<P>(
    key: &'static str,
    text: &str,
    compile: impl FnOnce(&Filter) -> Result<P, FilterError>,
) -> Result<Option<P>, SelectionError> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let filter = text.parse::<Filter>();
    let program = filter.and_then(|filter| compile(&filter));
    program.map(Some).map_err(|fault| SelectionError {
        key,
        fault: Box::new(fault),
    })
}
