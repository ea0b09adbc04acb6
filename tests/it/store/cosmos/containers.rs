//! Databases and containers, and the account's consistency.

use switchboard::store::{Collection, StoreError, WriteError};

use super::{DATABASE, Opened, session};
use crate::store::cosmos_double::Options;
use crate::store::place::{Place, insert, key, replace};

#[tokio::test]
async fn only_containers_in_use_are_created() {
    let opened = Opened::new().await;

    opened.check().await.unwrap();
    assert!(opened.double.containers(DATABASE).is_empty());

    Place::new(&*opened).has("a").await;
    assert_eq!(opened.double.containers(DATABASE), ["messages"]);

    Place::named(&*opened, Collection::Processed, "p")
        .has("a")
        .await;
    let both = ["messages", "processed_messages"];
    assert_eq!(opened.double.containers(DATABASE), both);
}

#[tokio::test]
async fn two_instances_can_create_the_same_container() {
    let opened = Opened::new().await;
    let another = opened.another();
    let (one, other) = (Place::new(&*opened), Place::new(&another));

    let (first, second) = tokio::join!(
        one.write(vec![insert("a", 1)]),
        other.write(vec![insert("a", 1)])
    );

    first.unwrap();
    second.unwrap();
    assert_eq!(opened.double.containers(DATABASE), ["messages"]);
}

#[tokio::test]
async fn a_deleted_container_is_created_again() {
    for options in [Options::default(), session()] {
        let opened = Opened::with(options).await;
        let place = Place::new(&*opened);
        let version = place.has("a").await;
        let lose = || opened.double.loses(DATABASE, "messages");

        lose();
        assert_eq!(place.get("a").await, None);
        assert!(place.range("a", "z", 10).await.is_empty());
        opened.check().await.unwrap();
        let result = place.write(vec![replace("a", &version, 2)]).await;
        assert!(matches!(result, Err(WriteError::Conflict { position: 0 })));
        place.write(vec![insert("a", 1)]).await.unwrap();
        assert_eq!(place.range("a", "z", 10).await, ["a"]);

        lose();
        place
            .write(vec![insert("a", 1), insert("b", 1)])
            .await
            .unwrap();
        assert_eq!(place.range("a", "z", 10).await, ["a", "b"]);
    }
}

#[tokio::test]
async fn a_container_of_another_program_is_not_touched() {
    let opened = Opened::new().await;
    opened.double.has(DATABASE, "messages", "/conversationId");
    let place = Place::new(&*opened);

    let write = place.write(vec![insert("a", 1)]).await;
    let read = opened.get(&place.partition, &key("a")).await;

    let Err(WriteError::NotDone(StoreError::Refused(sentence))) = write else {
        panic!("{write:?}");
    };
    for word in ["messages", "/conversationId", "COSMOS_CONTAINER_MESSAGES"] {
        assert!(sentence.contains(word), "{sentence}");
    }
    assert!(matches!(read, Err(StoreError::Refused(_))));
    assert_eq!(opened.double.calls_about_documents(), 0);
}

#[tokio::test]
async fn an_account_whose_reads_may_miss_messages_is_refused() {
    for consistency in ["Eventual", "ConsistentPrefix"] {
        let opened = Opened::with(Options {
            consistency,
            ..Options::default()
        })
        .await;
        let place = Place::new(&*opened);
        let range = opened.range(&place.partition, key("a")..key("z"), 9).await;

        for error in [
            opened.check().await.unwrap_err(),
            range.unwrap_err(),
            opened.get(&place.partition, &key("a")).await.unwrap_err(),
        ] {
            assert!(error.to_string().contains(consistency), "{error}");
        }
    }
}

/// Even if the replica that answers is behind.
#[tokio::test]
async fn a_write_of_another_instance_is_visible_at_once() {
    let opened = Opened::with(session()).await;
    let another = opened.another();
    let here = Place::new(&*opened);
    let there = Place {
        store: &another,
        partition: here.partition.clone(),
    };

    for n in 0..10 {
        let name = format!("k{n}");
        here.write(vec![insert(&name, n)]).await.unwrap();

        assert!(there.get(&name).await.is_some());
        assert_eq!(there.range("k", "l", 100).await.len() as u64, n + 1);
    }
}

/// Only a range under session consistency takes two calls.
#[tokio::test]
async fn each_store_call_is_one_service_call() {
    for (options, calls_for_a_range) in [(Options::default(), 1), (session(), 2)] {
        let opened = Opened::with(options).await;
        let place = Place::new(&*opened);
        place.has("a").await;
        let mut calls = opened.double.calls_about_documents();
        let mut more = || {
            let before = calls;
            calls = opened.double.calls_about_documents();
            calls - before
        };

        place.get("a").await;
        assert_eq!(more(), 1);
        place.get("nothing").await;
        assert_eq!(more(), 1);
        place.range("a", "z", 10).await;
        assert_eq!(more(), calls_for_a_range);
        place.write(vec![insert("b", 1)]).await.unwrap();
        assert_eq!(more(), 1);
        place
            .write(vec![insert("c", 1), insert("d", 1)])
            .await
            .unwrap();
        assert_eq!(more(), 1);
        opened.check().await.unwrap();
        assert_eq!(more(), 1);
    }
}
