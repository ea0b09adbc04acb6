//! Promise 2, and the absence of faults: many write at once through many instances, and each
//! message is stored once, under the next number, and heard once.

use std::collections::BTreeMap;
use std::io::Write as _;

use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use switchboard::azure::http_client::SharedHttpClient;
use tokio::sync::Semaphore;

use super::ears::{assert_heard, assert_heard_once};
use super::{Answer, Ears, Handler, History, ONE_AT_A_TIME, Person, Place, Service};

const HANDLERS: usize = 8;
const PEOPLE: usize = 200;
const MESSAGES_EACH: usize = 25;
/// Of many rooms, one speaks in so many.
const ROOMS_EACH: usize = 5;
/// So many at once where a double is slow: Azurite looks at every record of a table for each
/// range, and answers one call after the other.
const FEW: usize = 4;
/// A crowd at the door is another matter.
const JOIN_AT_ONCE: usize = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_messages_in_one_room_on_sqlite() {
    everybody_speaks(Place::sqlite(), 1, PEOPLE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_messages_in_a_hundred_rooms_on_sqlite() {
    everybody_speaks(Place::sqlite(), 100, PEOPLE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_messages_in_one_room_on_azurite() {
    everybody_speaks(Place::azurite().await, 1, PEOPLE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_messages_in_a_hundred_rooms_on_azurite() {
    everybody_speaks(Place::azurite().await, 100, FEW).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_messages_in_one_room_on_the_cosmos_double() {
    everybody_speaks(Place::cosmos().await, 1, PEOPLE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_messages_in_a_hundred_rooms_on_the_cosmos_double() {
    everybody_speaks(Place::cosmos().await, 100, FEW).await;
}

/// Each has at most one message under way, and all together `at_once`.
async fn everybody_speaks(place: Place, rooms: usize, at_once: usize) {
    let _alone = ONE_AT_A_TIME.lock().await;
    let service = Service::start().await;
    let rooms: Vec<_> = (0..rooms).map(|n| format!("room{n}")).collect();
    let handlers = Handler::start_many(&service, &place, HANDLERS).await;
    let ears = Ears::listen(&handlers[0], &rooms).await;
    let http = SharedHttpClient::new().client().unwrap();
    let joining = (0..PEOPLE).map(|n| {
        let (http, base) = (http.clone(), &handlers[n % HANDLERS].base);
        let rooms = rooms_of(n, &rooms);
        async move {
            let person = Person::joins_by(http, base, &format!("p{n}"), &rooms).await;
            (n, person, rooms)
        }
    });
    let people: Vec<_> = stream::iter(joining)
        .buffer_unordered(JOIN_AT_ONCE)
        .collect()
        .await;

    let turns = Semaphore::new(at_once);
    let turns = &turns;

    let speaking = people.into_iter().map(|(n, mut person, rooms)| {
        let base = &handlers[n % HANDLERS].base;
        async move {
            let (mut told, mut refused) = (Vec::new(), 0);
            for word in 0..MESSAGES_EACH {
                let (room, id) = (&rooms[word % rooms.len()], format!("{n}-{word}"));
                let _turn = turns.acquire().await.unwrap();
                // `unavailable` means that nothing was stored: the next try is no repeat.
                let mut may_be_there = false;
                let seq = loop {
                    match person.says(base, room, &id).await {
                        Answer::Stored { seq, duplicate } if may_be_there || !duplicate => {
                            break seq;
                        }
                        Answer::Refused(code) if code == "unavailable" => refused += 1,
                        Answer::Refused(code) if code == "internal" => {
                            refused += 1;
                            may_be_there = true;
                        }
                        other => panic!("{id}: {other:?}"),
                    }
                };
                told.push((room.clone(), id, seq));
            }
            (told, refused)
        }
    });
    let mut told: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    let mut refused = 0;
    for (by_person, refusals) in join_all(speaking).await {
        refused += refusals;
        for (room, id, seq) in by_person {
            told.entry(room).or_default().insert(id, seq);
        }
    }

    let mut races = 0;
    for handler in handlers {
        let said = handler.drained().await;
        if refused == 0 {
            said.assert_no_complaints();
        }
        races += said.lost_races();
    }
    let reading = Handler::start(&service, &place).await;
    assert_eq!(told.len(), rooms.len());
    for rooms in rooms.chunks(ROOMS_EACH) {
        let mut reader = Person::joins(&reading.base, "reader", rooms).await;
        for room in rooms {
            let history = History::read(&mut reader, &reading.base, room).await;
            assert_eq!(history.numbers(), told[room]);
        }
    }
    let heard = ears.end(&service).await;
    for room in &rooms {
        let last = told[room].len() as u64;
        // A store that took seconds for an answer may also have been too late for the record.
        match refused {
            0 => assert_heard_once(&heard, room, last),
            _ => assert_heard(&heard, room, last),
        }
    }
    let sent = (PEOPLE * MESSAGES_EACH) as u64;
    // Whoever wins a race beats each of the others at most once. Every message is one win at most,
    // and one more where that it went out is recorded.
    assert!(races <= 2 * sent * (HANDLERS as u64 - 1), "{races}");
    // Not `println!`: the test harness would keep it back.
    let (name, rooms) = (place.name, rooms.len());
    writeln!(
        std::io::stdout(),
        "{name}: {sent} messages in {rooms} rooms, {races} lost races, {refused} refusals"
    )
    .unwrap();
}

/// Each room has many speakers, through all handlers.
fn rooms_of(person: usize, rooms: &[String]) -> Vec<String> {
    let some = (0..ROOMS_EACH.min(rooms.len())).map(|n| (person * 3 + n * 37) % rooms.len());
    some.map(|n| rooms[n].clone()).collect()
}
