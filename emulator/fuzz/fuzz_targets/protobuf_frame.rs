//! Fuzzes protobuf frames.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| emulator::fuzzing::protobuf_frame(bytes));
