//! Against what Microsoft made: the recording of its own emulator, and its packages.
#![cfg(test)]

mod compare;
mod packages;
mod program;
mod recording;
