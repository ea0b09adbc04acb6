//! A lane's second write starts from what its first left behind, without a read, and decides
//! nothing by it that others have changed meanwhile.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;

use futures_util::poll;
use switchboard::clock::{Clock, Ids};
use switchboard::conversation::log::MessageLog;
use switchboard::conversation::message::Draft;
use switchboard::conversation::room::sanction::{self, Action};
use switchboard::conversation::room::{Bound, Role, Speaker};
use switchboard::conversation::{Author, ConversationError};
use switchboard::ids::user_id::UserId;
use switchboard::store::Store;
use switchboard::store::sqlite::SqliteStore;

use super::Service;
use super::counted::Counted;
use super::log::{draft, lobby, log};
use crate::support::{Hold, HoldingStore, fresh_folder};

const READ: &str = "read state";
const WRITE: &str = "write head message id";

/// An instance whose calls at the store are counted and can be held, and the store as others
/// see it.
struct Instance {
    service: Service,
    store: Arc<dyn Store>,
    holding: Arc<HoldingStore>,
    counted: Arc<Counted>,
    log: MessageLog,
}

impl Instance {
    async fn start() -> Self {
        let service = Service::start().await;
        let file = fresh_folder().join("switchboard.db");
        let store: Arc<dyn Store> = Arc::new(SqliteStore::new(file, Ids::random()));
        let holding = HoldingStore::around(store.clone());
        let counted = Arc::new(Counted::new(holding.clone()));
        let log = log(counted.clone(), &service.hub());
        Self {
            service,
            store,
            holding,
            counted,
            log,
        }
    }

    /// As another instance does it.
    async fn apply(&self, action: Action, user: &UserId) {
        let (room, now) = ("lobby".parse().unwrap(), Clock::system().now());
        let applied = sanction::apply(&*self.store, &room, user, action, None, now);
        applied.await.unwrap();
    }

    /// Posts two messages, of which the second waits while the first is stored, and does
    /// `meanwhile` before either goes on.
    async fn post_both(
        &self,
        drafts: [Draft; 2],
        meanwhile: impl Future<Output = ()>,
    ) -> [Result<u64, ConversationError>; 2] {
        let (room, [first, second]) = (lobby(), drafts);
        self.holding.hold(Hold::NextWrite);
        let mut first = pin!(self.log.append(&room, first));
        let mut second = pin!(self.log.append(&room, second));
        assert!(poll!(first.as_mut()).is_pending());
        self.holding.held().await;
        assert!(poll!(second.as_mut()).is_pending());
        meanwhile.await;
        self.holding.release();
        let (first, second) = tokio::join!(first, second);
        [first, second].map(|posted| Ok(posted?.message.seq))
    }
}

/// A draft of a connection that is bound to the room as a writer.
fn by_writer(sender: usize, id: &str) -> Draft {
    let draft = draft(sender, id, "hello".into());
    let bound = Bound {
        role: Role::Writer,
        guard: 0,
        as_member: false,
    };
    Draft {
        author: Author::Room(Speaker {
            user: draft.sender.clone(),
            is_anonymous: true,
            bound: Some(bound),
        }),
        ..draft
    }
}

#[tokio::test]
async fn a_message_that_waits_behind_another_takes_no_read() {
    let instance = Instance::start().await;
    let drafts = ["1", "2"].map(|id| draft(0, id, "hello".into()));

    let numbers = instance
        .post_both(drafts, async {})
        .await
        .map(Result::unwrap);

    assert_eq!(numbers, [1, 2]);
    assert_eq!(instance.counted.take_calls()[..3], [READ, WRITE, WRITE]);
    assert_eq!(instance.log.lost_races(), 0);
}

#[tokio::test]
async fn a_message_of_another_instance_in_between_takes_one_write_and_one_read_more() {
    let instance = Instance::start().await;
    let other = log(instance.store.clone(), &instance.service.hub());
    let drafts = ["1", "3"].map(|id| draft(0, id, "hello".into()));

    let posting = async {
        let posted = other.append(&lobby(), draft(1, "2", "hello".into())).await;
        assert_eq!(posted.unwrap().message.seq, 2);
    };
    let posted = instance.post_both(drafts, posting).await;
    let numbers = posted.map(Result::unwrap);

    assert_eq!(numbers, [1, 3]);
    let calls = instance.counted.take_calls();
    assert_eq!(calls[..5], [READ, WRITE, WRITE, READ, WRITE]);
    assert_eq!(instance.log.lost_races(), 1);
}

#[tokio::test]
async fn a_user_who_is_unmuted_while_a_message_waits_is_not_refused_from_memory() {
    let instance = Instance::start().await;
    let drafts = [by_writer(0, "1"), by_writer(1, "2")];
    let muted = drafts[1].sender.clone();
    instance.apply(Action::Mute, &muted).await;

    let unmuting = instance.apply(Action::Unmute, &muted);
    let posted = instance.post_both(drafts, unmuting).await;
    let numbers = posted.map(Result::unwrap);

    assert_eq!(numbers, [1, 2]);
    let calls = instance.counted.take_calls();
    assert_eq!(calls[..4], [READ, WRITE, READ, WRITE]);
}

#[tokio::test]
async fn a_user_who_is_muted_while_a_message_waits_is_refused() {
    let instance = Instance::start().await;
    let drafts = [by_writer(0, "1"), by_writer(1, "2")];
    let muted = drafts[1].sender.clone();

    let muting = instance.apply(Action::Mute, &muted);
    let [first, second] = instance.post_both(drafts, muting).await;

    assert_eq!(first.unwrap(), 1);
    assert!(second.unwrap_err().to_string().contains("muted"));
    let calls = instance.counted.take_calls();
    assert_eq!(calls[..4], [READ, WRITE, WRITE, READ]);
}
