//! The JSON protocol, for functions that have more than one HTTP trigger and one HTTP output.

mod answer;
mod encode;
mod invoke;
mod outputs;

pub(crate) use answer::{Envelope, looks_like_base64};
pub(crate) use encode::{encode, encoded_text, merge_payload, plain_text, pretty};
pub(crate) use invoke::{Invocation, InvokeError, invoke, system_metadata};
pub(crate) use outputs::deliver;
#[cfg(feature = "fuzzing")]
pub(crate) use outputs::messages;
