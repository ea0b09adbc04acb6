//! `json.webpubsub.azure.v1` and `json.reliable.webpubsub.azure.v1`.

mod decode;
mod encode;

pub(crate) use decode::decode;
pub(crate) use encode::{frame, is_value, message};
