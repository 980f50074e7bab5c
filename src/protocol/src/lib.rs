//! What clients and server say to each other, as bytes: requests, answers, notices and
//! the encodings of blocks. It knows no socket.
//!
//! In line mode a client sends one JSON line, the server answers with one JSON line
//! (a welcome with the schema, or an error), and after a welcome come only flows: JSON
//! Lines, CSV, or CSV with the columns of the original system. What a client could not get
//! is declared between them by a notice, and so is a change of key.

#![forbid(unsafe_code)]

mod answer;
mod block;
mod declaration;
mod encode;
mod form;
mod legacy;
mod notice;
mod request;
mod restore;

pub use answer::{Refusal, RefusalCode, Welcome};
pub use block::{Block, Encoded, FLOWS_MAX};
pub use declaration::{Declaration, DeclarationError, declared_key};
pub use encode::encode;
pub use form::{FeatureError, Form, Format};
pub use legacy::LegacyRules;
pub use notice::{EndReason, GapReason, end, gap, key};
pub use request::{Request, Start};
pub use restore::{RestoreError, restore_csv};

/// The version of the protocol that this crate speaks.
pub const VERSION: u32 = 1;
