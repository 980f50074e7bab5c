//! Datagrams of IPFIX.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| flowstream_fuzz::ipfix(data));
