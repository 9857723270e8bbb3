#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| tracking_fuzz::cursor::run(data));
