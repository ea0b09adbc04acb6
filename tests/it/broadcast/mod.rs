//! The queue `switchboard-broadcast` as it is in operation: Azurite's queue, the stand-in Functions
//! host's storage-queue trigger or a container that polls, and handlers that are killed.

mod consumer;
mod road;

mod crash;
mod feeds;
mod orders;
mod poison;
mod time_limit;

use consumer::Kind;
use road::{ORDERS, POISON, Place, Road};
