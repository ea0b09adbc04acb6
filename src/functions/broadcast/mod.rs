//! `broadcast`: the trigger of the queue `switchboard-broadcast`.

mod order;

use std::sync::Arc;

use super::queue_trigger::{Invocation, MAX_DEQUEUE_COUNT, QueueFunction, TIME_LIMIT};
use crate::app::App;
use crate::azure::storage_account::work_queue::WorkQueue;
use crate::conversation::outbox;
use order::{OrderError, carry_out};

/// The function, for `queue_trigger`.
#[derive(Debug)]
pub enum Broadcast {}

impl QueueFunction for Broadcast {
    const QUEUE: &'static str = outbox::QUEUE;
    type Error = OrderError;

    fn queue(app: &App) -> Option<&Arc<WorkQueue>> {
        app.outbox.orders()
    }

    async fn carry_out(app: &Arc<App>, message: &Invocation) -> Result<(), OrderError> {
        carry_out(app, message).await
    }

    fn is_invalid(error: &OrderError) -> bool {
        matches!(error, OrderError::Invalid(_))
    }
}
