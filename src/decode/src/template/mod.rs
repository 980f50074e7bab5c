//! Template Records, compiled into programs that read Data Records.

mod compile;
mod element;
mod fields;
mod flow;
mod life;
mod lists;
mod options;
mod reader;
mod reverse;
mod told;

pub(crate) use compile::{Addresses, Kind, Template, compile};
pub(crate) use element::Target;
pub(crate) use fields::{FieldSpec, Fields};
pub(crate) use flow::Context;
pub(crate) use life::Life;
pub(crate) use lists::{List, ListKind, ListPlace, value_range};
pub(crate) use options::believe;
pub(crate) use reader::{Fixed, Reader, Walked};
pub(crate) use told::ToldField;
