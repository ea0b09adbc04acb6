//! Promise 2 without faults: many users post at once through many instances, and each message is
//! stored once, under the next number, and delivered once.

use std::collections::BTreeMap;
use std::io::Write as _;

use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use switchboard::azure::http_client::SharedHttpClient;
use tokio::sync::Semaphore;

use super::listeners::{assert_received, assert_received_once};
use super::{Handler, History, LOAD_TEST_LOCK, Listeners, Outcome, Person, Service, StoreSettings};

const HANDLERS: usize = 8;
const PEOPLE: usize = 200;
const MESSAGES_EACH: usize = 25;
/// Rooms that each user posts in, if there are that many.
const ROOMS_EACH: usize = 5;
/// Messages in flight where a double is slow: Azurite scans the whole table for each range, and
/// handles one call at a time.
const MAX_IN_FLIGHT_ON_SLOW_DOUBLE: usize = 4;
/// These tests are not about many users joining at once.
const MAX_JOINING_AT_ONCE: usize = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_messages_in_one_room_are_stored_once_on_sqlite() {
    everyone_posts(StoreSettings::sqlite(), 1, PEOPLE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_messages_in_a_hundred_rooms_are_stored_once_on_sqlite() {
    everyone_posts(StoreSettings::sqlite(), 100, PEOPLE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_messages_in_one_room_are_stored_once_on_azurite() {
    everyone_posts(StoreSettings::azurite().await, 1, PEOPLE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_messages_in_a_hundred_rooms_are_stored_once_on_azurite() {
    everyone_posts(
        StoreSettings::azurite().await,
        100,
        MAX_IN_FLIGHT_ON_SLOW_DOUBLE,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_messages_in_one_room_are_stored_once_on_the_cosmos_double() {
    everyone_posts(StoreSettings::cosmos().await, 1, PEOPLE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_messages_in_a_hundred_rooms_are_stored_once_on_the_cosmos_double() {
    everyone_posts(
        StoreSettings::cosmos().await,
        100,
        MAX_IN_FLIGHT_ON_SLOW_DOUBLE,
    )
    .await;
}

/// Each user has at most one message in flight, and all users together have `in_flight`.
async fn everyone_posts(store: StoreSettings, rooms: usize, in_flight: usize) {
    let _guard = LOAD_TEST_LOCK.lock().await;
    let service = Service::start().await;
    let rooms: Vec<_> = (0..rooms).map(|n| format!("room{n}")).collect();
    let handlers = Handler::start_many(&service, &store, HANDLERS).await;
    let listeners = Listeners::connect(&handlers[0], &rooms).await;
    let http = SharedHttpClient::new().client().unwrap();
    let joining = (0..PEOPLE).map(|n| {
        let (http, base) = (http.clone(), &handlers[n % HANDLERS].base);
        let rooms = rooms_of(n, &rooms);
        async move {
            let person = Person::join_with(http, base, &format!("p{n}"), &rooms).await;
            (n, person, rooms)
        }
    });
    let people: Vec<_> = stream::iter(joining)
        .buffer_unordered(MAX_JOINING_AT_ONCE)
        .collect()
        .await;

    let permits = Semaphore::new(in_flight);
    let permits = &permits;

    let posting = people.into_iter().map(|(n, mut person, rooms)| {
        let base = &handlers[n % HANDLERS].base;
        async move {
            let (mut stored, mut refused) = (Vec::new(), 0);
            for number in 0..MESSAGES_EACH {
                let (room, id) = (&rooms[number % rooms.len()], format!("{n}-{number}"));
                let _permit = permits.acquire().await.unwrap();
                // `unavailable` means that nothing was stored, so the next attempt is not a duplicate.
                let mut may_be_stored = false;
                let seq = loop {
                    match person.post(base, room, &id).await {
                        Outcome::Stored { seq, duplicate } if may_be_stored || !duplicate => {
                            break seq;
                        }
                        Outcome::Refused(code) if code == "unavailable" => refused += 1,
                        Outcome::Refused(code) if code == "internal" => {
                            refused += 1;
                            may_be_stored = true;
                        }
                        other => panic!("{id}: {other:?}"),
                    }
                };
                stored.push((room.clone(), id, seq));
            }
            (stored, refused)
        }
    });
    let mut stored: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    let mut refused = 0;
    for (by_person, refusals) in join_all(posting).await {
        refused += refusals;
        for (room, id, seq) in by_person {
            stored.entry(room).or_default().insert(id, seq);
        }
    }

    let mut races = 0;
    for handler in handlers {
        let log = handler.shut_down().await;
        if refused == 0 {
            log.assert_no_complaints();
        }
        races += log.lost_races();
    }
    let next = Handler::start(&service, &store).await;
    assert_eq!(stored.len(), rooms.len());
    for rooms in rooms.chunks(ROOMS_EACH) {
        let mut reader = Person::join(&next.base, "reader", rooms).await;
        for room in rooms {
            let history = History::read(&mut reader, &next.base, room).await;
            assert_eq!(history.numbers(), stored[room]);
        }
    }
    let received = listeners.finish(&service).await;
    for room in &rooms {
        let last = stored[room].len() as u64;
        // A store that took seconds to answer may also have recorded deliveries too late.
        match refused {
            0 => assert_received_once(&received, room, last),
            _ => assert_received(&received, room, last),
        }
    }
    let sent = (PEOPLE * MESSAGES_EACH) as u64;
    // The winner of a race beats each other instance at most once. A message wins at most two races:
    // one for its own write and one for the record of its delivery.
    assert!(races <= 2 * sent * (HANDLERS as u64 - 1), "{races}");
    // Not `println!`, which the test harness captures.
    let (name, rooms) = (store.name, rooms.len());
    writeln!(
        std::io::stdout(),
        "{name}: {sent} messages in {rooms} rooms, {races} lost races, {refused} refusals"
    )
    .unwrap();
}

/// Gives each room many senders, on all handlers.
fn rooms_of(person: usize, rooms: &[String]) -> Vec<String> {
    let some = (0..ROOMS_EACH.min(rooms.len())).map(|n| (person * 3 + n * 37) % rooms.len());
    some.map(|n| rooms[n].clone()).collect()
}
