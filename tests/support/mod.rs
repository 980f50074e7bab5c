//! What the end-to-end tests share: the running program, a client, an exporter, tools.

pub(crate) mod canary;
pub(crate) mod certificates;
pub(crate) mod client;
pub(crate) mod exporter;
pub(crate) mod files;
pub(crate) mod golden;
pub(crate) mod http;
pub(crate) mod ipfix;
pub(crate) mod launch;
pub(crate) mod program;
pub(crate) mod recording;
pub(crate) mod scratch;
pub(crate) mod service;
pub(crate) mod tool;
pub(crate) mod traffic;
pub(crate) mod v5;

pub(crate) use client::{Client, Received};
pub(crate) use launch::Launch;
pub(crate) use scratch::Scratch;
pub(crate) use service::{Ended, Service};

use std::time::Duration;

/// How long a test waits for what must come. Long, for a machine that does much else.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// How often a condition is looked at that nothing announces.
pub(crate) const LOOK: Duration = Duration::from_millis(5);
