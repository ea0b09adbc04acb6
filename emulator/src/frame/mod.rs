//! Frames: what clients and the service send each other, and how each protocol encodes it.

mod client_frame;
mod codec;
mod error;
mod json;
mod protobuf;
mod server_frame;
mod simple;

pub(crate) use client_frame::{ClientFrame, Event, SendToGroup};
pub(crate) use codec::Outgoing;
pub(crate) use error::FrameError;
pub(crate) use server_frame::{RequestError, ServerFrame, StateItem};
pub(crate) use simple::SimpleMode;
