//! Fuzzes configuration files and settings.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| emulator::fuzzing::config(text));
