//! Fuzzes URL templates of handlers.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| emulator::fuzzing::url_template(text));
