#![cfg(test)]

mod golden;
