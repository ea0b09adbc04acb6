//! The HTTP edge: the layers around the router, extractors, and the body of errors.

pub mod edge;
pub mod extract;
pub mod idempotency;
pub mod problem;

pub(crate) mod cors;
pub(crate) mod methods;
mod normalize_path;
pub(crate) mod trace;
