//! The crate as a whole: its manual, layers, errors and values.

mod blocks;
mod cnsm2019;
mod databases;
mod dump;
mod errors;
mod layers;
mod manual;
mod rollup;
mod streams;
mod unreadable;
mod values;

use std::path::PathBuf;

use crate::load::layered;
use crate::{Settings, SettingsErrors, Sources};

/// What is given besides the defaults.
#[derive(Debug, Default, Clone)]
struct Given {
    files: Vec<(PathBuf, String)>,
    sources: Sources,
}

impl Given {
    fn file(mut self, name: &str, text: &str) -> Self {
        self.files.push((PathBuf::from(name), text.to_owned()));
        self
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        let variable = (name.to_owned(), value.to_owned());
        self.sources.environment.push(variable);
        self
    }

    fn set(mut self, argument: &str) -> Self {
        self.sources.overrides.push(argument.to_owned());
        self
    }

    fn load(self) -> Result<Settings, SettingsErrors> {
        let files = self.files.into_iter();
        let texts = files.map(|(path, text)| (path, Ok(text))).collect();
        layered(texts, &self.sources)
    }

    fn settings(self) -> Settings {
        self.load().unwrap_or_else(|errors| panic!("{errors}"))
    }

    fn errors(self) -> SettingsErrors {
        self.load().expect_err("settings that are refused")
    }
}

/// One file called `site.toml`.
fn site(text: &str) -> Given {
    Given::default().file("settings/site.toml", text)
}
