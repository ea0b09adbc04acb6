//! What is published: the package for Azure Functions, started by the stand-in host as it is, and the
//! image for containers, in a root with nothing else.

mod flows;
mod host;
mod image;
mod lists;
mod package;
mod root;
mod script;
mod triggers;

use host::{Mode, Published};
