//! Behaviour of the decoder through its public interface.

mod bad_input;
mod captures;
mod encode;
mod golden;
mod pcap;
mod support;
