//! Exporters that define, redefine, withdraw and use templates while time passes.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| flowstream_fuzz::template_cache(data));
