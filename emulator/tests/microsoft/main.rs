//! Against what Microsoft made: the recording of its own emulator, and its packages.
#![cfg(test)]

mod compare;
mod npm;
mod packages;
mod recording;
