//! What the pipeline needs of the world: databases, keys and elements.

use actors::pipeline::Parts;
use actors::tls::ExporterTls;
use mediation::anonymize::{Anonymization, CryptoPan, Key, KeyId, OctetPermutation, Policy};
use mediation::select::PortLimit;
use settings::{Anonymizer, Mode, Settings};
use tracing::{info, warn};

use super::key_file::{self, Found};
use super::policy::Tabled;
use super::selection::selection;
use super::{CliError, elements, library};

/// Opens the databases, the keys and the elements that the settings name.
pub(crate) fn open(settings: Settings) -> Result<Parts, CliError> {
    let tls = match settings.mode() {
        Mode::Collect => tls(&settings)?,
        Mode::Replay => None,
    };
    let selection = selection(&settings)?;
    let anonymization = anonymization(&settings)?;
    let stock = library::stock(&settings)?;
    let elements = elements::named(settings.receiver().elements())?;
    Ok(Parts {
        settings,
        stock,
        anonymization,
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

/// The policy, with the limit of ports.
fn anonymization(settings: &Settings) -> Result<Anonymization, CliError> {
    let ports = match settings.anonymizer().port_limit() {
        0 => PortLimit::OFF,
        limit => PortLimit::at(limit),
    };
    let (policy, key) = policy(settings)?;
    Ok(Anonymization::new(policy)
        .with_ports(ports)
        .with_key_id(key))
}

/// The policy, and what names its key.
fn policy(settings: &Settings) -> Result<(Policy, Option<KeyId>), CliError> {
    let anonymizer = settings.anonymizer();
    warn_of(anonymizer.policy());
    if let Some(table) = Tabled::of(anonymizer) {
        let key = if table.needs_key() {
            Some(key(anonymizer)?)
        } else {
            None
        };
        let id = key.as_ref().map(Key::id);
        return Ok((table.policy(anonymizer, key.as_ref())?, id));
    }
    match anonymizer.policy() {
        settings::Policy::None => Ok((Policy::None, None)),
        settings::Policy::Cnsm2019 => {
            let octets = OctetPermutation::new(OctetPermutation::PUBLISHED_SEED);
            Ok((Policy::Cnsm2019(Box::new(octets)), None))
        }
        // The strict preset is always a table.
        settings::Policy::Standard | settings::Policy::Strict => {
            let key = key(anonymizer)?;
            Ok((
                Policy::Standard(Box::new(CryptoPan::new(&key))),
                Some(key.id()),
            ))
        }
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
fn key(anonymizer: &Anonymizer) -> Result<Key, CliError> {
    let (key, found) = key_file::of(anonymizer)?;
    let (path, id) = (anonymizer.key_file().display(), key.id());
    match found {
        Found::Made => {
            info!(file = %path, key_id = %id, "made a new anonymization key; keep it apart from the data");
        }
        Found::There => info!(file = %path, key_id = %id, "anonymization key"),
        Found::Credential => info!(key_id = %id, "anonymization key, of a credential"),
    }
    Ok(key)
}
