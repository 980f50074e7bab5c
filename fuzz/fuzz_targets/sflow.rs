//! Datagrams of sFlow v5.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| flowstream_fuzz::sflow(data));
