//! Fuzzes roles.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| emulator::fuzzing::role(text));
