//! What is in a message, for people.

mod laws;
mod lists;
mod messages;
mod samples;
mod truth;
mod twins;
