//! `protobuf.webpubsub.azure.v1` and `protobuf.reliable.webpubsub.azure.v1`.
//!
//! Written by hand: some thirty fields do not pay for a code generator in the build, and the
//! field numbers stand beside what they mean.

mod decode;
mod encode;
mod wire;

pub(crate) use decode::decode;
pub(crate) use encode::{frame, message};
