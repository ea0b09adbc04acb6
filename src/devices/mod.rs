//! Devices: what they report, and the commands that they are sent.
//!
//! Telemetry comes in batches of one partition of the hub's event stream, in order. Each message is
//! stored once, in a ring of the device's last messages, and sent to those who watch the device.
//! The hub answers about connections and takes the commands.

mod body;
mod command;
mod history;
mod ingest;
mod list;
mod live;
mod message;
mod record;

pub use body::Body;
pub use command::{Command, CommandError, InvalidCommand, run};
pub use history::{HistoryPage, history};
pub use ingest::{BatchError, Ingest};
pub use list::{Device, DevicePage, find, list};
pub use message::{Message, Source, TelemetryFrame};
pub use record::StoredMessage;
