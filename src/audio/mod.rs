//! The audio stream of a connection: how much has arrived, and what is missing. Nothing else is
//! kept; the tally travels in the connection's state.

mod gaps;
mod tally;

pub use tally::{AudioTally, Chunk, Summary};
