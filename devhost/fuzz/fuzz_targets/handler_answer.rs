//! Answers of handlers.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| devhost::fuzzing::handler_answer(bytes));
