//! How many messages of one conversation are under way to the service at once.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use switchboard::azure::courier::Courier;
use switchboard::azure::http_client::SharedHttpClient;
use switchboard::clock::{Clock, Ids};
use switchboard::conversation::Conversation;
use switchboard::conversation::log::MessageLog;
use switchboard::conversation::outbox::Outbox;
use switchboard::store::sqlite::SqliteStore;
use webpubsub::{HubClient, HubClientOptions};

use super::Service;
use super::log::draft;
use crate::support::{KEY, Proxy, fresh_folder};

const WINDOW: usize = 8;

/// Posts so many messages at the same time. Returns how many were under way at once.
async fn most_under_way(window: usize, messages: usize) -> usize {
    let service = Service::start().await;
    let proxy = Proxy::to(&service.gate.address.to_string()).await;
    proxy.delays_answers(Duration::from_millis(50));
    let options = HubClientOptions {
        http_client: Some(Arc::new(SharedHttpClient::new())),
        ..HubClientOptions::default()
    };
    let address = format!(
        "Endpoint=http://{};AccessKey={KEY};Version=1.0;",
        proxy.address
    );
    let hub = HubClient::from_connection_string(&address, "ViewerHub", options).unwrap();
    let store = Arc::new(SqliteStore::new(
        fresh_folder().join("switchboard.db"),
        Ids::random(),
    ));
    let (clock, ids) = (Clock::system(), Ids::random());
    let log = MessageLog::new(
        store,
        Courier::new(hub),
        Outbox::default(),
        clock,
        ids,
        window,
    );
    let lobby = Conversation::Room("lobby".parse().unwrap());

    let posts = (0..messages).map(|n| {
        let (log, lobby) = (&log, &lobby);
        async move {
            log.append(lobby, draft(0, &n.to_string(), "hello".into()))
                .await
        }
    });
    let answers = join_all(posts).await;

    let mut numbers: Vec<_> = answers
        .iter()
        .map(|a| a.as_ref().unwrap().message.seq)
        .collect();
    numbers.sort_unstable();
    assert!(numbers.into_iter().eq(1..=messages as u64));
    assert_eq!(proxy.requests().len(), messages, "each is sent once");
    proxy.most_at_once()
}

#[tokio::test]
async fn messages_go_out_one_by_one_while_few_wait() {
    assert_eq!(most_under_way(WINDOW, WINDOW).await, 1);
}

#[tokio::test]
async fn a_window_of_messages_is_under_way_when_more_than_that_wait() {
    assert_eq!(most_under_way(WINDOW, 3 * WINDOW).await, WINDOW);
}

#[tokio::test]
async fn a_window_of_one_never_has_two_messages_under_way() {
    assert_eq!(most_under_way(1, 10).await, 1);
}
