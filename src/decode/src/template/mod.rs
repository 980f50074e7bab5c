//! Template Records, compiled into programs that read Data Records.

mod compile;
mod element;
mod fields;
mod flow;
mod options;
mod reader;

pub(crate) use compile::{Addresses, Kind, Template, compile};
pub(crate) use element::Target;
pub(crate) use fields::{FieldSpec, Fields};
pub(crate) use flow::Context;
pub(crate) use options::believe;
pub(crate) use reader::{Fixed, Reader, Walked};
