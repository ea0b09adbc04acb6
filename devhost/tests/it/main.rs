#![cfg(test)]

mod front;
mod golden;
mod load;
mod process;
mod queue;
mod support;
mod timer;
