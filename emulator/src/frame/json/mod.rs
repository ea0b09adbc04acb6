//! The protocols `json.webpubsub.azure.v1` and `json.reliable.webpubsub.azure.v1`.

mod decode;
mod encode;

pub(super) use decode::decode;
pub(super) use encode::{frame, message};
