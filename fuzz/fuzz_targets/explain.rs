//! Messages that are explained, and decoded by a decoder that explains nothing.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| flowstream_fuzz::explain(data));
