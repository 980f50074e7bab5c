//! What independent decoders found in the captures: the manifest's counts, and their full
//! decodes beside each capture.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A line of the manifest, by column.
#[derive(Debug)]
pub(crate) struct Line {
    /// The capture, from the directory of all.
    pub(crate) path: String,
    columns: HashMap<String, String>,
}

impl Line {
    pub(crate) fn text(&self, column: &str) -> &str {
        &self.columns[column]
    }

    /// The number of a column; `None` where the decoders gave none.
    pub(crate) fn number(&self, column: &str) -> Option<u64> {
        self.text(column).parse().ok()
    }
}

/// Where captures lie beside the project.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/captures")
}

/// The lines of the manifest; none, and a word about it, where there are no captures.
pub(crate) fn manifest() -> Vec<Line> {
    let Ok(manifest) = fs::read_to_string(root().join("MANIFEST.tsv")) else {
        println!("left out: all, there are no captures beside the project");
        return Vec::new();
    };
    let mut lines = manifest.lines();
    let columns: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let line = |line: &str| {
        let pairs = columns.iter().zip(line.split('\t'));
        let columns: HashMap<String, String> = pairs
            .map(|(column, value)| ((*column).to_owned(), value.to_owned()))
            .collect();
        let path = columns["path"].replace("/cases/", "/");
        Line { path, columns }
    };
    lines.map(line).collect()
}

/// The full decode of a capture by another program; `None` where it is not shipped, as
/// where it was found wrong.
pub(crate) fn decode_of(path: &str, program: &str) -> Option<Value> {
    let file = root()
        .join(path)
        .with_extension(format!("{program}.json.gz"));
    if !file.try_exists().unwrap() {
        return None;
    }
    let output = Command::new("gzip").arg("-dc").arg(file).output().unwrap();
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// How many Template Records tshark shows of a capture.
pub(crate) fn templates_of(shown: &Value) -> u64 {
    let datagrams = shown.as_array().unwrap().iter();
    let sets = datagrams.flat_map(|datagram| datagram["sets"].as_array().unwrap());
    let others = sets.filter(|set| set["kind"].is_null());
    let records = others.flat_map(|set| set["records"].as_array().unwrap());
    let texts = records.filter_map(Value::as_str);
    texts.filter(|text| text.contains("Template")).count() as u64
}
