//! Streams: numbered parts that a client publishes to a group one after the other.

mod publisher;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::app::App;
use crate::connection::Connection;
use crate::hub::Hub;
use crate::lock::Mutex;
use crate::message::StreamError;

pub(crate) use publisher::Publisher;

/// The streams that a connection has open. They survive a lost socket as it does.
#[derive(Debug, Default)]
pub(crate) struct Streams(Mutex<BTreeMap<Arc<str>, Stream>>);

#[derive(Debug, Clone)]
struct Stream {
    group: Arc<str>,
    no_echo: bool,
    next: u64,
    idle: Duration,
    last_used: Instant,
}

impl Streams {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().is_empty()
    }

    /// The connection ends: subscribers hear that nothing more will come.
    pub(crate) fn cancel_all(&self, app: &Arc<App>, hub: &Arc<Hub>, connection: &Arc<Connection>) {
        let open = std::mem::take(&mut *self.0.lock());
        let publisher = Publisher {
            app,
            hub,
            connection,
        };
        for (id, stream) in open {
            publisher.publish_end(
                &id,
                &stream,
                Some(stream_error("Cancelled", "The publisher is gone.")),
            );
        }
    }

    fn idle_at(&self, id: &str) -> Option<Instant> {
        let open = self.0.lock();
        open.get(id).map(|stream| stream.last_used + stream.idle)
    }

    fn take_if_idle(&self, id: &str) -> Option<Stream> {
        let mut open = self.0.lock();
        let stream = open.get(id)?;
        if stream.last_used + stream.idle > Instant::now() {
            return None;
        }
        open.remove(id)
    }
}

/// One that the service makes, not the publisher.
fn stream_error(name: &'static str, message: &str) -> StreamError {
    StreamError {
        name,
        message: message.to_owned(),
        user_code: None,
    }
}
