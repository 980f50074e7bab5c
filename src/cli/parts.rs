//! What the pipeline needs of the world: databases, keys and elements.

use std::sync::Arc;

use actors::core_files;
use actors::keyholder::KeySource;
use actors::pipeline::Parts;
use actors::tls::ExporterTls;
use mediation::anonymize::{Epochs, Key, KeyRing};
use mediation::select::PortLimit;
use settings::{Anonymizer, KeyEpoch, Mode, Settings};
use tracing::{info, warn};

use super::key_file::{self, Found, KeyPlace};
use super::policy::{self, PolicyError};
use super::selection::selection;
use super::{CliError, elements, library};

/// Opens the databases, the keys and the elements that the settings name. From here on the
/// process holds what must not get out: unless addresses leave as they are, it leaves no core
/// file.
pub(crate) fn open(settings: Settings) -> Result<Parts, CliError> {
    if settings.anonymizer().policy() != settings::Policy::None {
        core_files::leave_none().map_err(CliError::CoreFiles)?;
    }
    let tls = match settings.mode() {
        Mode::Collect => tls(&settings)?,
        Mode::Replay => None,
    };
    let selection = selection(&settings)?;
    let (keys, key_source) = keys(&settings)?;
    let stock = library::stock(&settings)?;
    let elements = elements::named(settings.receiver().elements())?;
    Ok(Parts {
        settings,
        stock,
        keys,
        key_source,
        selection,
        elements,
        tls,
    })
}

/// TLS of exporters, if the settings listen for it.
pub(super) fn tls(settings: &Settings) -> Result<Option<ExporterTls>, CliError> {
    let tls = settings.receiver().streams().tls();
    Ok(tls.map(ExporterTls::load).transpose()?)
}

/// What is done to flows before they leave, the keys that it is done with, and where they
/// are read from.
fn keys(settings: &Settings) -> Result<(KeyRing, Option<Arc<dyn KeySource>>), CliError> {
    let anonymizer = settings.anonymizer();
    warn_of(anonymizer.policy());
    let ports = match anonymizer.port_limit() {
        0 => PortLimit::OFF,
        limit => PortLimit::at(limit),
    };
    let rare_under = settings.enricher().rare_under();
    let scheme = policy::scheme(anonymizer)?
        .with_ports(ports)
        .with_rare_under(rare_under);
    if !scheme.needs_key() {
        let ring = KeyRing::without_key(scheme).map_err(PolicyError::from)?;
        return Ok((ring, None));
    }
    let (key, place) = key(anonymizer)?;
    let ring = KeyRing::new(scheme, epochs(anonymizer.key_epoch()), key);
    Ok((ring, Some(Arc::new(place))))
}

fn epochs(of: KeyEpoch) -> Epochs {
    match of {
        KeyEpoch::Off => Epochs::Off,
        KeyEpoch::Hourly => Epochs::Hourly,
        KeyEpoch::Daily => Epochs::Daily,
    }
}

/// Says of a policy that it hides little.
fn warn_of(policy: settings::Policy) {
    match policy {
        settings::Policy::None => {
            warn!("anonymizer.policy is none: original addresses leave as they are");
        }
        settings::Policy::Cnsm2019 => {
            warn!("anonymizer.policy is cnsm2019: its key was published, so it hides little");
        }
        settings::Policy::Standard | settings::Policy::Strict => {}
    }
}

/// The key, and the log says which.
fn key(anonymizer: &Anonymizer) -> Result<(Key, KeyPlace), CliError> {
    let (key, found, place) = key_file::of(anonymizer)?;
    let (path, id) = (anonymizer.key_file().display(), key.id());
    match found {
        Found::Made => {
            info!(file = %path, key_id = %id, "made a new anonymization key; keep it apart from the data");
        }
        Found::There => info!(file = %path, key_id = %id, "anonymization key"),
        Found::Credential => info!(key_id = %id, "anonymization key, of a credential"),
    }
    Ok((key, place))
}
