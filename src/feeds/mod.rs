//! Feeds: what back ends send to users and organisations. Events of an organisation are only sent.
//! Notifications are also kept, each in the inbox of its user.
//!
//! One inbox is one partition of the store:
//!
//! | key | record |
//! | --- | --- |
//! | `n:<time>:<hash>` | a notification |
//! | `u:<time>:<hash>` | that it is unread |
//! | `id:<hash>` | where the notification with this id is, and which call stored it |
//!
//! `<time>` counts backwards, so a range lists the newest first; `<hash>` is that of the id. One
//! write inserts all three records, and no two notifications share a record, so concurrent ones
//! never conflict.
//!
//! **Stored once.** A repeat conflicts on `id:<hash>`, and the first one stays.
//!
//! **Sent once, and again after a crash.** A process may die after the write and before it sends.
//! `id:<hash>` therefore names the call: an HTTP call, whose retries with the same
//! `Idempotency-Key` share its id, or a message on the queue, whose redeliveries share its id. A
//! conflict with a record of the same call means that an earlier attempt stored the notification
//! and did not finish, so it is sent again. A conflict with another call's record is a repeat, and
//! is not sent. This takes no second write that records the sending.

pub mod error;
pub mod event;
pub mod frame;
pub mod inbox;
pub mod list;
pub mod notification;
pub mod publication;
pub mod read_marks;
pub mod size_limit;

mod deliver;
mod expiry;
mod keys;

pub use error::FeedError;
