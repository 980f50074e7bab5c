//! The checked settings of all sections.

use toml::Table;

use crate::aggregator::Aggregator;
use crate::anonymizer::Anonymizer;
use crate::check::{Check, item};
use crate::clients::Clients;
use crate::databases::Databases;
use crate::dump;
use crate::enricher::Enricher;
use crate::log::Log;
use crate::mode::Mode;
use crate::origin::Origins;
use crate::pipeline::Pipeline;
use crate::raw;
use crate::receiver::Receiver;
use crate::recorder::Recorder;
use crate::replay::Replay;
use crate::supervision::Supervision;

/// The settings of the program: every value checked, in range, and fitting the others.
///
/// Equal are settings with the same values, wherever these came from.
#[derive(Debug, Clone)]
pub struct Settings {
    pub(crate) checked: Checked,
    pub(crate) effective: Effective,
}

/// The checked values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Checked {
    mode: Mode,
    pipeline: Pipeline,
    receiver: Receiver,
    aggregator: Aggregator,
    enricher: Enricher,
    databases: Databases,
    anonymizer: Anonymizer,
    recorder: Recorder,
    clients: Clients,
    replay: Replay,
    supervision: Supervision,
    log: Log,
}

/// The values as they were written, and where.
#[derive(Debug, Clone)]
pub(crate) struct Effective {
    /// All keys there are, in order.
    pub(crate) keys: Vec<String>,
    pub(crate) values: Table,
    pub(crate) origins: Origins,
}

impl PartialEq for Settings {
    fn eq(&self, other: &Self) -> bool {
        self.checked == other.checked
    }
}

impl Settings {
    /// Where flows come from.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.checked.mode
    }

    /// How the work is spread.
    #[must_use]
    pub const fn pipeline(&self) -> &Pipeline {
        &self.checked.pipeline
    }

    /// How datagrams are received.
    #[must_use]
    pub const fn receiver(&self) -> &Receiver {
        &self.checked.receiver
    }

    /// When records are one flow, and when a flow is over.
    #[must_use]
    pub const fn aggregator(&self) -> &Aggregator {
        &self.checked.aggregator
    }

    /// The databases that flows are looked up in.
    #[must_use]
    pub const fn enricher(&self) -> &Enricher {
        &self.checked.enricher
    }

    /// The global database, and the sources it is built from.
    #[must_use]
    pub const fn databases(&self) -> &Databases {
        &self.checked.databases
    }

    /// How addresses are made anonymous.
    #[must_use]
    pub const fn anonymizer(&self) -> &Anonymizer {
        &self.checked.anonymizer
    }

    /// What is written to disk, where and how.
    #[must_use]
    pub const fn recorder(&self) -> &Recorder {
        &self.checked.recorder
    }

    /// Who may connect, and how much they may cost.
    #[must_use]
    pub const fn clients(&self) -> &Clients {
        &self.checked.clients
    }

    /// Which dataset is replayed, and how fast.
    #[must_use]
    pub const fn replay(&self) -> &Replay {
        &self.checked.replay
    }

    /// What happens when a stage falls, and at the end.
    #[must_use]
    pub const fn supervision(&self) -> &Supervision {
        &self.checked.supervision
    }

    /// What is logged, and how.
    #[must_use]
    pub const fn log(&self) -> &Log {
        &self.checked.log
    }

    /// All settings as TOML, in the order of the manual. A value that is not the default
    /// has a comment that says where it came from.
    ///
    /// Loaded again as the only file, it gives the same settings. For that, database files
    /// that only the defaults name stand in comments: written out they would be required.
    #[must_use]
    pub fn dump(&self) -> String {
        dump::dump(&self.effective)
    }
}

impl Checked {
    /// Checks every section, whatever is wrong with the others.
    pub(crate) fn check(raw: &raw::Settings, check: &mut Check<'_>) -> Option<Self> {
        let mode = Mode::check(item("mode", &raw.mode), check);
        let pipeline = Pipeline::check(&raw.pipeline, check);
        let receiver = Receiver::check(&raw.receiver, check);
        let aggregator = Aggregator::check(&raw.aggregator, check);
        let enricher = Enricher::check(&raw.enricher, check);
        let recorder = Recorder::check(&raw.recorder, check);
        let directory = recorder.as_ref().map(Recorder::directory);
        let databases = Databases::check(&raw.databases, directory, check);
        let anonymizer = Anonymizer::check(&raw.anonymizer, directory, check);
        let clients = Clients::check(&raw.clients, check);
        let replay = Replay::check(&raw.replay, mode, check);
        let supervision = Supervision::check(&raw.supervision, directory, check);
        let log = Log::check(&raw.log, check);
        Some(Self {
            mode: mode?,
            pipeline: pipeline?,
            receiver: receiver?,
            aggregator: aggregator?,
            enricher: enricher?,
            databases: databases?,
            anonymizer: anonymizer?,
            recorder: recorder?,
            clients: clients?,
            replay: replay?,
            supervision: supervision?,
            log: log?,
        })
    }
}
