//! The emulator, tested with Microsoft's clients and over raw sockets.
#![cfg(test)]

mod azurite;
mod clients;
mod folder;
mod hostile;
mod pages;
mod support;
