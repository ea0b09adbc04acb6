//! Requests to the emulator.

#![no_main]

libfuzzer_sys::fuzz_target!(|requests: &[u8]| {
    // A folder for each process, so that several fuzzers can run side by side.
    let folder = std::env::temp_dir().join(format!("storage-emulator-fuzz-{}", std::process::id()));
    storage_emulator::fuzzing::requests(&folder, requests);
});
