//! HTTP/1.1, byte for byte as the real host's server and client speak it.
//!
//! No HTTP library is used, because none gives access to the details that are reproduced here:
//! the order of headers, the spelling of their names, the answer to an invalid byte.

mod body;
mod fields;
mod header_order;
mod media_type;
mod reply;
mod request;
mod status;
mod stream;
mod target;
mod wire;

pub(crate) use body::{BodyError, BodyLength, BodyReader, parse_length};
pub(crate) use fields::Fields;
pub(crate) use header_order::fold_request;
pub(crate) use media_type::MediaType;
pub(crate) use reply::{Reply, ReplyBody, ReplyContext};
pub(crate) use request::{
    RequestError, RequestHead, Version, fields as header_fields, is_token_byte, without_line_end,
};
pub(crate) use stream::Stream;
pub(crate) use target::{Target, names_this_machine, remove_dot_segments};
pub(crate) use wire::Wire;
