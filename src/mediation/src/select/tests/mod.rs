//! The filter language, as those who write filters see it.

mod canonical;
mod errors;
mod guide;
mod language;
mod laws;
mod limits;
mod model;
mod stages;
mod support;
