//! Tests against Microsoft's packages and a recording of Microsoft's emulator.
#![cfg(test)]

mod compare;
mod packages;
mod program;
mod recording;
