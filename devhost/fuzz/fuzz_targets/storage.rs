#![no_main]

libfuzzer_sys::fuzz_target!(|requests: &[u8]| {
    // Each fuzzer has a folder of its own, so that several can run beside each other.
    let folder = std::env::temp_dir().join(format!("devhost-fuzz-{}", std::process::id()));
    devhost::fuzzing::storage(&folder, requests);
});
