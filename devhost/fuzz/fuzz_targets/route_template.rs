//! Routes and paths.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| devhost::fuzzing::route_template(text));
