//! The protocols `protobuf.webpubsub.azure.v1` and `protobuf.reliable.webpubsub.azure.v1`.

mod decode;
mod encode;
mod messages;

pub(super) use decode::decode;
pub(super) use encode::{frame, message};
