//! `flowstream db update` and `flowstream db build`.

use db::fetch::Cancel;
use db::world::{Occasion, Which};
use settings::Settings;

use super::DbCommandError;
use super::told::Told;
use crate::cli::CliError;
use crate::cli::world::{now, seed, world};

/// Fetches what is due, or all, and builds what is new.
pub(super) fn update(settings: &Settings, all: bool) -> Result<(), CliError> {
    let world = world(settings)?;
    let which = if all { Which::All } else { Which::Due };
    let occasion = Occasion {
        now: now(),
        seed: seed(),
        cancel: Cancel::default(),
        // Whoever asks does not want to be told to wait.
        after_failures: true,
    };
    let mut told = Told::new();
    let updated = world.update(&occasion, which, &mut |event| told.tell(event));
    told.clear();
    let updated = updated.map_err(DbCommandError::World)?;
    if !updated.failed.is_empty() {
        let names = updated.failed.into_iter().map(|(name, _)| name);
        return Err(CliError::Db(DbCommandError::NotFetched {
            names: names.collect(),
            of: world.wanted().len(),
        }));
    }
    Ok(())
}

/// Builds anew from what is there.
pub(super) fn build(settings: &Settings) -> Result<(), CliError> {
    let world = world(settings)?;
    let mut told = Told::new();
    let built = world.build(now(), &mut |event| told.tell(event));
    told.clear();
    built.map_err(DbCommandError::World)?;
    Ok(())
}
