//! Fuzzes JSON frames.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| emulator::fuzzing::json_frame(text));
