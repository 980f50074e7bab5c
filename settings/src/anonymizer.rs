//! `[anonymizer]`: how flows are made anonymous.

use std::path::{Path, PathBuf};

use flow::{Field, Method, Prefix};
use toml::Value;

use crate::check::{Check, item};
use crate::measures::{Measures, overrides, prefixes};
use crate::raw;

/// How flows are made anonymous (RFC 6235).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anonymizer {
    policy: Policy,
    key_file: PathBuf,
    is_key_file_given: bool,
    key_epoch: KeyEpoch,
    port_limit: u16,
    clear_prefixes: Vec<Prefix>,
    special_addresses: Option<SpecialAddresses>,
    measures: Measures,
    fields: Vec<(Field, Method)>,
}

/// What becomes of addresses that name no host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpecialAddresses {
    /// Like any other.
    Anonymized,
    /// They stay as they are.
    Clear,
}

const SPECIAL_ADDRESSES: [(&str, Option<SpecialAddresses>); 3] = [
    ("policy", None),
    ("anonymized", Some(SpecialAddresses::Anonymized)),
    ("clear", Some(SpecialAddresses::Clear)),
];

/// What is done to the fields of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// Nothing: original addresses leave.
    None,
    /// Prefix-preserving mapping with a key (RFC 6235, 4.1.3).
    Standard,
    /// What tells of traffic and not of hosts.
    Strict,
    /// Octet by octet with a published key, as the original system did: it hides little.
    Cnsm2019,
}

const POLICIES: [(&str, Policy); 4] = [
    ("none", Policy::None),
    ("standard", Policy::Standard),
    ("strict", Policy::Strict),
    ("cnsm2019", Policy::Cnsm2019),
];

/// For how long one key is used before another one is derived from that of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyEpoch {
    /// For ever, and it is that of the file itself.
    Off,
    /// For an hour, in UTC.
    Hourly,
    /// For a day, in UTC.
    Daily,
}

const KEY_EPOCHS: [(&str, KeyEpoch); 3] = [
    ("off", KeyEpoch::Off),
    ("hourly", KeyEpoch::Hourly),
    ("daily", KeyEpoch::Daily),
];

impl Anonymizer {
    /// What is done to addresses.
    #[must_use]
    pub const fn policy(&self) -> Policy {
        self.policy
    }

    /// From which port on ports are 0; 0: none is.
    #[must_use]
    pub const fn port_limit(&self) -> u16 {
        self.port_limit
    }

    /// Addresses that leave as they are.
    #[must_use]
    pub fn clear_prefixes(&self) -> &[Prefix] {
        &self.clear_prefixes
    }

    /// What becomes of addresses that name no host; `None`: what the policy has for them.
    #[must_use]
    pub const fn special_addresses(&self) -> Option<SpecialAddresses> {
        self.special_addresses
    }

    /// How much the methods take away.
    #[must_use]
    pub const fn measures(&self) -> &Measures {
        &self.measures
    }

    /// Fields with another method than under the policy, each once; each method suits its
    /// field.
    #[must_use]
    pub fn fields(&self) -> &[(Field, Method)] {
        &self.fields
    }

    /// The file with the key.
    #[must_use]
    pub fn key_file(&self) -> &Path {
        &self.key_file
    }

    /// Whether the settings name that file; else it is where one is by default.
    #[must_use]
    pub const fn is_key_file_given(&self) -> bool {
        self.is_key_file_given
    }

    /// For how long one key is used.
    #[must_use]
    pub const fn key_epoch(&self) -> KeyEpoch {
        self.key_epoch
    }

    /// `directory` is the recorder's, if that one is right.
    pub(crate) fn check(
        raw: &raw::Anonymizer,
        directory: Option<&Path>,
        check: &mut Check<'_>,
    ) -> Option<Self> {
        let policy = check.choice(item("anonymizer.policy", &raw.policy), &POLICIES);
        let key_file = key_file(&raw.key_file, check);
        let key_epoch = check.choice(item("anonymizer.key_epoch", &raw.key_epoch), &KEY_EPOCHS);
        let port_limit = item("anonymizer.port_limit", &raw.port_limit);
        let port_limit = check.integer(port_limit, &(0..=i64::from(u16::MAX)));
        let key_file = key_file?;
        let clear_prefixes = item("anonymizer.clear_prefixes", &raw.clear_prefixes);
        let clear_prefixes = prefixes(clear_prefixes, check);
        let special = item("anonymizer.special_addresses", &raw.special_addresses);
        let special = check.choice(special, &SPECIAL_ADDRESSES);
        let measures = Measures::check(raw, check);
        let fields = overrides(&raw.fields, check);
        Some(Self {
            policy: policy?,
            is_key_file_given: key_file.is_some(),
            key_file: key_file.or_else(|| directory.map(|path| path.join("anonymizer.key")))?,
            key_epoch: key_epoch?,
            port_limit: u16::try_from(port_limit?).ok()?,
            clear_prefixes: clear_prefixes?,
            special_addresses: special?,
            measures: measures?,
            fields: fields?,
        })
    }
}

fn key_file(value: &Value, check: &mut Check<'_>) -> Option<Option<PathBuf>> {
    const KEY: &str = "anonymizer.key_file";
    if may_be_a_key(value) {
        let found = "what looks like a key".to_owned();
        let expected = "the path of the file that holds it; a key is never written into settings";
        check.note(check.origin(KEY), KEY, found, expected);
        return None;
    }
    check.path_or_none(item(KEY, value))
}

/// Whether a value may be a key, which must not be shown.
fn may_be_a_key(value: &Value) -> bool {
    match value {
        Value::String(text) => is_hexadecimal(text.trim()) || is_base64(text.trim()),
        Value::Array(_) | Value::Table(_) => true,
        _ => false,
    }
}

/// Whether a text is 128 bits or more in hexadecimal digits.
fn is_hexadecimal(text: &str) -> bool {
    let digits = text.trim_start_matches("0x");
    digits.len() >= 32 && digits.chars().all(|c| c.is_ascii_hexdigit())
}

/// Whether a text is 128 bits or more in base 64 with its padding (RFC 4648, 4 and 5).
fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    let is_digit = |c: char| c.is_ascii_alphanumeric() || "+/-_".contains(c);
    text.len() >= 24 && digits.len() < text.len() && digits.chars().all(is_digit)
}
