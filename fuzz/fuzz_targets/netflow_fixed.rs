//! Datagrams of NetFlow v1, v5 and v7.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| flowstream_fuzz::netflow_fixed(data));
