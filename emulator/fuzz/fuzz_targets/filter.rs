//! Fuzzes filters.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| emulator::fuzzing::filter(text));
