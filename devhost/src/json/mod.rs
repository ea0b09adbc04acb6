//! The JSON protocol: for every function that is not one HTTP trigger with one HTTP output.

mod answer;
mod encode;
#[cfg(feature = "fuzzing")]
mod fuzzing;
mod http_data;
mod http_reply;
mod invoke;
mod outputs;

pub(crate) use encode::{encode, encoded_text, merge_payload};
#[cfg(feature = "fuzzing")]
pub(crate) use fuzzing::read_answer;
pub(crate) use http_data::call;
pub(crate) use invoke::{Invocation, InvokeError, invoke, system_metadata};
pub(crate) use outputs::deliver;
