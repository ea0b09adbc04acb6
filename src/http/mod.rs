//! The HTTP edge: what every request passes, and how every answer is written.

pub mod edge;
pub mod extract;
pub mod idempotency;
pub mod problem;

pub(crate) mod cors;
pub(crate) mod methods;
mod normalize_path;
