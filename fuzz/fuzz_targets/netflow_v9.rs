//! Datagrams of NetFlow v9.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| flowstream_fuzz::netflow_v9(data));
