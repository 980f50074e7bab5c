//! Captures: pcap and pcapng, with datagrams and TCP streams in them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| flowstream_fuzz::capture(data));
