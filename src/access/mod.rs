//! Who is calling, and what may they connect to.

pub mod admission;
pub mod binding;
pub mod caller;
pub mod frame_limit;
pub mod peer;
pub mod permission;
pub mod rate_limit;
pub mod request;
pub mod seal;
pub mod service_proof;
