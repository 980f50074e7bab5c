//! Prepared flows taken out of their dataset: chosen ones, with chosen fields, as rows.

use std::io::{self, Write};
use std::path::Path;

use flow::Tick;
use mediation::select::{Filter, FilterError, Program, Published};
use protocol::{Block, FeatureError, Form, Format, encode};

use super::{StoreError, Stream, Whole, block_of};

/// Which flows are taken out, and how they are written.
#[derive(Debug, Clone)]
pub struct Export {
    form: Form,
    filter: Option<Program<Published<'static>>>,
    /// From this position on.
    pub from_seq: u64,
    /// To before this one.
    pub to_seq: u64,
    /// Those that left from this time of the stream on, in Unix milliseconds.
    pub from_ms: i64,
    /// To before this one.
    pub to_ms: i64,
}

/// Why nothing can be taken out.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The choice of fields is none.
    #[error(transparent)]
    Feature(#[from] FeatureError),
    /// The filter is none.
    #[error("the filter: {0}")]
    Filter(#[from] FilterError),
    /// The dataset cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is taken out cannot be written.
    #[error("cannot write what is exported: {0}")]
    Write(#[source] io::Error),
}

/// What was taken out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Exported {
    /// Flows that were looked at.
    pub seen: u64,
    /// Flows that were written.
    pub written: u64,
}

impl Export {
    /// All flows, as CSV or else as JSON Lines; all fields, or those that are named.
    ///
    /// # Errors
    /// [`ExportError::Feature`] if a name is none, or one comes twice.
    pub fn new(is_csv: bool, fields: &[String]) -> Result<Self, ExportError> {
        let format = if is_csv { Format::Csv } else { Format::Jsonl };
        let form = match fields {
            [] => Form::all(format),
            names => Form::of_names(format, names)?,
        };
        Ok(Self {
            form,
            filter: None,
            from_seq: 0,
            to_seq: u64::MAX,
            from_ms: i64::MIN,
            to_ms: i64::MAX,
        })
    }

    /// Only those that a filter lets through, which sees them as they left.
    ///
    /// # Errors
    /// [`ExportError::Filter`] if the text is no filter.
    pub fn with_filter(self, text: &str) -> Result<Self, ExportError> {
        let filter = text.parse::<Filter>()?.compile()?;
        Ok(Self {
            filter: Some(filter),
            ..self
        })
    }

    /// Writes the flows of a prepared dataset, and tells how many octets of it, uncompressed,
    /// were read.
    ///
    /// # Errors
    /// [`ExportError`] if it cannot be read, or not be written what was.
    pub fn run(
        &self,
        dataset: &Path,
        out: &mut impl Write,
        mut read: impl FnMut(u64),
    ) -> Result<Exported, ExportError> {
        let directory = Whole::open(dataset)?.directory().to_owned();
        let mut stream = Stream::new(directory, self.from_seq);
        let (mut exported, mut octets, mut rows) = (Exported::default(), 0, Vec::new());
        out.write_all(&self.form.preamble())
            .map_err(ExportError::Write)?;
        while let Some(frame) = stream.next_frame()? {
            octets += frame.payload.len() as u64;
            read(octets);
            if frame.first_seq >= self.to_seq || frame.time_ms >= self.to_ms {
                break;
            }
            let Some(header) = stream.header().filter(|_| frame.rows > 0) else {
                continue;
            };
            if Tick::from_secs(frame.time_ms.div_euclid(1_000)).millis() < self.from_ms {
                continue;
            }
            rows.clear();
            self.encode(&block_of(&frame, header)?, &mut rows, &mut exported);
            out.write_all(&rows).map_err(ExportError::Write)?;
        }
        out.flush().map_err(ExportError::Write)?;
        Ok(exported)
    }

    fn encode(&self, block: &Block, rows: &mut Vec<u8>, exported: &mut Exported) {
        for (seq, flow) in (block.first_seq()..).zip(block.flows()) {
            if seq < self.from_seq || seq >= self.to_seq {
                continue;
            }
            exported.seen += 1;
            let passes = |filter: &Program<Published<'_>>| filter.matches(&Published { seq, flow });
            if self.filter.as_ref().is_none_or(passes) {
                exported.written += 1;
                encode(&self.form, seq, std::slice::from_ref(flow), rows);
            }
        }
    }
}
