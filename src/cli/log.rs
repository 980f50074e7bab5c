//! What the service says it is doing, on standard error.

use std::io::{IsTerminal, stderr};

use settings::{Level, LogFormat, Policy, Settings};
use tracing::level_filters::LevelFilter;

/// Starts logging as the settings say: text on a terminal, lines of JSON otherwise.
pub(crate) fn start(settings: &Settings) {
    let log = settings.log();
    let level = match log.level() {
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
        Level::Trace => LevelFilter::TRACE,
    };
    let terminal = stderr().is_terminal();
    let text = match log.format() {
        LogFormat::Auto => terminal,
        LogFormat::Text => true,
        LogFormat::Json => false,
    };
    let builder = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(stderr)
        .with_target(false)
        .with_ansi(terminal && text);
    // A second start, as in tests, changes nothing.
    if text {
        drop(builder.try_init());
    } else {
        drop(builder.json().flatten_event(true).try_init());
    }
    let addresses_leave = settings.anonymizer().policy() == Policy::None;
    actors::panic_hook::install(addresses_leave);
}
