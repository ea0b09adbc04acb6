//! HTTP/1.1 on the wire, byte for byte as the real host's server and client speak it.
//!
//! An own reader and writer, because what is reproduced here lies below what a library lets one
//! see: which header comes first, which spelling a name gets, what a bad byte is answered with.

mod body;
mod fields;
mod known;
mod media_type;
mod reply;
mod request;
mod status;
mod target;
mod wire;

pub(crate) use body::{BodyError, BodyLength, BodyReader, parse_length};
pub(crate) use fields::Fields;
pub(crate) use known::{fold_request, order_response};
pub(crate) use media_type::MediaType;
pub(crate) use reply::{Asked, Reply, ReplyBody};
pub(crate) use request::{Refusal, RequestHead, Version, fields as header_fields, is_token_byte};
pub(crate) use status::reason;
pub(crate) use target::{Target, names_this_machine, remove_dot_segments};
pub(crate) use wire::Wire;
