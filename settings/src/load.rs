//! Reads all layers, merges them and checks the result.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::check::Check;
use crate::checked::{Checked, Effective, Settings};
use crate::error::{SettingsError, SettingsErrors};
use crate::keys::Schema;
use crate::layer::Layer;
use crate::merge::merge;
use crate::origin::{Origin, Origins};
use crate::statement::{of_override, of_variable};

/// The settings that are compiled in: every key with its meaning, default, unit and range.
pub const DEFAULTS: &str = include_str!("../default.toml");

/// How long a settings file may be, in bytes.
pub const FILE_BYTES_MAX: u64 = 256 * 1_024;

/// Where settings come from besides the defaults; later ones win.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    /// Settings files, in order.
    pub files: Vec<PathBuf>,
    /// Arguments `key=value`, in order; they win over the environment.
    pub overrides: Vec<String>,
    /// The environment. Variables that do not begin with
    /// [`ENVIRONMENT_PREFIX`](crate::ENVIRONMENT_PREFIX) are none of settings' business.
    pub environment: Vec<(String, String)>,
}

/// Reads and checks the settings.
///
/// # Errors
///
/// All that is wrong, each with its place, what was found and what would be right: files
/// that cannot be read or are no TOML, unknown keys, and values that are of the wrong type,
/// out of range or do not fit each other. The last is looked for only where all layers
/// could be read.
pub fn load(sources: &Sources) -> Result<Settings, SettingsErrors> {
    let files = sources.files.iter();
    let texts = files.map(|path| (path.clone(), read(path))).collect();
    layered(texts, sources)
}

/// The text of a file, or why there is none.
pub(crate) type FileText = (PathBuf, Result<String, SettingsError>);

/// The same as [`load`], with the files read already.
pub(crate) fn layered(files: Vec<FileText>, sources: &Sources) -> Result<Settings, SettingsErrors> {
    let schema = Schema::of(DEFAULTS);
    let mut layers = vec![Layer::read(DEFAULTS, &schema, &|line| Origin::Default {
        line,
    })];
    let files = files.into_iter();
    layers.extend(files.map(|(path, text)| of_file(&path, text, &schema)));
    let environment = sources.environment.iter();
    layers.extend(environment.filter_map(|(name, value)| of_variable(name, value, &schema)));
    let overrides = sources.overrides.iter();
    layers.extend(overrides.map(|argument| of_override(argument, &schema)));
    settle(layers, &schema)
}

fn of_file(path: &Path, text: Result<String, SettingsError>, schema: &Schema) -> Layer {
    match text {
        Ok(text) => Layer::read(&text, schema, &|line| Origin::File {
            path: path.to_owned(),
            line,
        }),
        Err(error) => Layer {
            errors: vec![error],
            ..Layer::default()
        },
    }
}

/// Merges the layers and checks what comes out.
fn settle(layers: Vec<Layer>, schema: &Schema) -> Result<Settings, SettingsErrors> {
    let mut errors = Vec::new();
    let mut origins = Origins::new();
    let mut values = Vec::new();
    for layer in layers {
        errors.extend(layer.errors);
        origins.extend(layer.origins);
        values.push(layer.values);
    }
    let (raw, merged) = merge(values.into_iter())?;
    let whole = !errors.iter().any(SettingsError::hides_values);
    let mut check = Check::new(&origins, whole);
    let checked = Checked::check(&raw, &mut check);
    errors.extend(check.into_errors());
    SettingsErrors::check(errors)?;
    // Every check that gives no value notes why, so this stands for a defect in one.
    let none = || SettingsError::Merge("a value is wrong and nothing says which".to_owned());
    Ok(Settings {
        checked: checked.ok_or_else(none)?,
        effective: Effective {
            keys: schema.keys().to_vec(),
            values: merged,
            origins,
        },
    })
}

/// The text of a settings file.
fn read(path: &Path) -> Result<String, SettingsError> {
    let unreadable = |reason, expected| SettingsError::Unreadable {
        file: path.to_owned(),
        reason,
        expected,
    };
    let bytes = read_bytes(path)
        .map_err(|error| unreadable(error.to_string(), "a settings file that can be read"))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > FILE_BYTES_MAX) {
        let reason = format!("more than {FILE_BYTES_MAX} bytes");
        return Err(unreadable(reason, "a settings file, which is shorter"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let lines = error.as_bytes().iter().take(valid);
        let line = lines.filter(|&&byte| byte == b'\n').count() + 1;
        unreadable(format!("bytes that are not UTF-8 in line {line}"), "UTF-8")
    })
}

/// At most one byte more than a settings file may have.
fn read_bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path)?;
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
