//! Why a pipeline did not start, or ended with a failure.

use std::io;
use std::net::SocketAddr;

use crate::receiver::BindError;
use crate::store::StoreError;

/// Why a pipeline did not start, or ended with a failure.
#[derive(Debug, thiserror::Error)]
pub enum ActorsError {
    /// A port for exporters cannot be had.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// A TCP port for clients or exporters cannot be had.
    #[error(
        "cannot listen on tcp {address}: {source}; {}",
        crate::receiver::remedy(source)
    )]
    Listen {
        /// The port.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// A dataset cannot be written or read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An arbiter ended before its part could start on it.
    #[error("a thread of the pipeline ended while it was starting")]
    Arbiter,
    /// A stage fell too often.
    #[error("{0}")]
    Stage(String),
    /// The stages took too long to finish what they held.
    #[error(
        "{flows} flows were still on their way when supervision.drain_timeout was up; \
         they are in the raw dataset if that is recorded, and a replay prepares them anew"
    )]
    NotDrained {
        /// Flows and records released or decoded and not published.
        flows: u64,
    },
    /// The service ended while the anonymization key was not as it should be.
    #[error(
        "{flows} flows did not leave, since the anonymization key is not as it should be: {why}; \
         they are in the raw dataset if that is recorded, and a replay with the key prepares them"
    )]
    Shut {
        /// Flows and records released or decoded and not published.
        flows: u64,
        /// What is wrong with the key.
        why: std::sync::Arc<str>,
    },
    /// The handlers of signals cannot be installed.
    #[error("signals cannot be handled: {0}")]
    Signals(io::Error),
}
