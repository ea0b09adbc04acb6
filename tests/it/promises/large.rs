//! Large messages never fail their neighbours.

use futures_util::future::join_all;
use switchboard::clock::Ids;
use switchboard::conversation::history::{Part, page};
use switchboard::conversation::{Conversation, ConversationState};

use super::log::{draft, log};
use super::{Service, StoreSettings};

/// More than one write takes on Cosmos DB, escapes and all.
const MESSAGES: usize = 90;

/// One character, and the rest of what a message may hold in line feeds.
fn largest() -> String {
    format!("x{}", "\n".repeat(16 * 1024 - 1))
}

async fn check(stores: StoreSettings) {
    let service = Service::start().await;
    let store = stores.open();
    let log = log(store.clone(), &service.hub());
    let room = Conversation::Room(format!("large-{}", Ids::random().uuid()).parse().unwrap());

    let posting = (0..MESSAGES).map(|n| log.append(&room, draft(n, "1", largest())));
    let posted = join_all(posting).await;

    for posted in posted {
        posted.unwrap();
    }
    let mut seen = Vec::new();
    let mut part = Part::Newest;
    loop {
        let state = ConversationState::read(&*store, &room).await.unwrap();
        let page = page(&*store, &room, &state, part, Some(200)).await.unwrap();
        let bytes: usize = page.messages.iter().map(|m| m.content.len()).sum();
        assert!(
            bytes <= 512 * 1024,
            "{}: a page of {bytes} bytes",
            stores.name
        );
        part = Part::Before(page.messages[0].seq);
        seen.splice(0..0, page.messages.iter().map(|message| message.seq));
        if !page.has_more {
            break;
        }
    }
    assert_eq!(seen, (1..=MESSAGES as u64).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_largest_messages_posted_at_once_are_all_stored_on_sqlite() {
    check(StoreSettings::sqlite()).await;
}

#[tokio::test]
async fn the_largest_messages_posted_at_once_are_all_stored_on_azurite() {
    check(StoreSettings::azurite().await).await;
}

#[tokio::test]
async fn the_largest_messages_posted_at_once_are_all_stored_on_the_cosmos_double() {
    check(StoreSettings::cosmos().await).await;
}
