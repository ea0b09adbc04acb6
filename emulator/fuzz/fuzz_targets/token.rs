//! Fuzzes tokens.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| emulator::fuzzing::token(text));
