//! Requests from callers.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| devhost::fuzzing::request(bytes));
