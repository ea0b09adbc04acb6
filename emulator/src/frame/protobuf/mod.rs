//! The protocols `protobuf.webpubsub.azure.v1` and `protobuf.reliable.webpubsub.azure.v1`.

mod decode;
mod downstream;
mod encode;
mod message_data;
mod upstream;

pub(super) use decode::decode;
pub(super) use encode::{frame, message};
