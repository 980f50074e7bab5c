//! A stream of IPFIX that comes in pieces, and comes once more after its end.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| flowstream_fuzz::tcp_framing(data));
