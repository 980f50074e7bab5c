//! `[anonymizer]`: how addresses are made anonymous.

use std::path::{Path, PathBuf};

use toml::Value;

use crate::check::{Check, item, one_of};
use crate::raw;

/// How addresses are made anonymous (RFC 6235).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anonymizer {
    policy: Policy,
    key_file: PathBuf,
    is_key_file_given: bool,
    port_limit: u16,
}

/// What is done to the addresses of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// Nothing: original addresses leave.
    None,
    /// Prefix-preserving mapping with a key (RFC 6235, 4.1.3).
    Standard,
    /// Octet by octet with a published key, as the original system did: it hides little.
    Cnsm2019,
}

const POLICIES: [(&str, Policy); 3] = [
    ("none", Policy::None),
    ("standard", Policy::Standard),
    ("cnsm2019", Policy::Cnsm2019),
];

/// Names that are taken for policies to come.
const PLANNED: [&str; 1] = ["strict"];

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

    /// `directory` is the recorder's, if that one is right.
    pub(crate) fn check(
        raw: &raw::Anonymizer,
        directory: Option<&Path>,
        check: &mut Check<'_>,
    ) -> Option<Self> {
        let policy = policy(&raw.policy, check);
        let key_file = key_file(&raw.key_file, check);
        let port_limit = item("anonymizer.port_limit", &raw.port_limit);
        let port_limit = check.integer(port_limit, &(0..=i64::from(u16::MAX)));
        let key_file = key_file?;
        Some(Self {
            policy: policy?,
            is_key_file_given: key_file.is_some(),
            key_file: key_file.or_else(|| directory.map(|path| path.join("anonymizer.key")))?,
            port_limit: u16::try_from(port_limit?).ok()?,
        })
    }
}

fn policy(value: &Value, check: &mut Check<'_>) -> Option<Policy> {
    let item = item("anonymizer.policy", value);
    let name = value.as_str().unwrap_or_default();
    if !PLANNED.contains(&name) {
        return check.choice(item, &POLICIES);
    }
    let available = one_of(&POLICIES);
    check.refuse(
        item,
        format!("{available}; this version does not have {name:?} yet"),
    );
    None
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
