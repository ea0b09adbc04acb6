//! A store that is slow, or silent: whoever waits is answered, and nothing piles up.

use std::time::Duration;

use futures_util::future::join_all;
use switchboard::azure::http_client::SharedHttpClient;
use tokio::time::timeout;

use super::{Answer, Handler, History, Person, Place, Service};
use crate::support::{Azurite, Fault, Proxy};

const PEOPLE: usize = 120;
/// How many calls a handler has at the store at once.
const MAX_AT_ONCE: usize = 64;
/// The service waits for 100 seconds, the Functions host for minutes.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Half of them in one room, half in a room of their own each.
fn room_of(person: usize) -> String {
    match person % 2 {
        0 => "lobby".to_owned(),
        _ => format!("room{person}"),
    }
}

async fn people(base: &str) -> Vec<Person> {
    let http = SharedHttpClient::new().client().unwrap();
    let joining = (0..PEOPLE).map(|n| {
        let http = http.clone();
        async move { Person::joins_by(http, base, &format!("p{n}"), &[room_of(n)]).await }
    });
    join_all(joining).await
}

async fn all_say(people: &mut [Person], base: &str, word: &str) -> Vec<Answer> {
    let saying = people.iter_mut().enumerate().map(|(n, person)| async move {
        person.says(base, &room_of(n), &format!("{n} {word}")).await
    });
    timeout(TIMEOUT, join_all(saying))
        .await
        .expect("some wait for ever")
}

fn is_stored(answer: &Answer) -> bool {
    matches!(answer, Answer::Stored { .. })
}

async fn handler_behind_a_proxy() -> (Service, Handler, Proxy) {
    let account = Azurite::shared().await.account();
    let proxy = Proxy::to(account.tables()).await;
    let place = Place::tables(account.with_tables_at(&proxy.address).connection_string());
    let service = Service::start().await;
    let handler = Handler::start(&service, &place).await;
    (service, handler, proxy)
}

/// Each person's messages that were said to be stored are there, those said not to be are not, and
/// of the others nobody knows.
async fn check_histories(people: &mut [Person], base: &str, said: &[(String, Vec<Answer>)]) {
    for n in [0, 1, 3, 5] {
        let history = History::read(&mut people[n], base, &room_of(n)).await;
        let numbers = history.numbers();
        for (word, answers) in said {
            let speakers = (0..PEOPLE).filter(|speaker| room_of(*speaker) == room_of(n));
            for speaker in speakers {
                let there = numbers.get(&format!("{speaker} {word}"));
                match &answers[speaker] {
                    Answer::Stored { seq, .. } => assert_eq!(there, Some(seq)),
                    Answer::Refused(code) if code == "unavailable" => assert_eq!(there, None),
                    Answer::Refused(code) => assert_eq!(code, "internal"),
                    Answer::Nothing => panic!("no answer"),
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_store_is_waited_for_and_nothing_piles_up() {
    let (_service, handler, proxy) = handler_behind_a_proxy().await;
    let base = handler.base.as_str();
    let mut people = people(base).await;

    proxy.delays_answers(Duration::from_millis(700));
    let slow = all_say(&mut people, base, "slowly").await;
    proxy.delays_answers(Duration::ZERO);
    let quick = all_say(&mut people, base, "quickly").await;

    assert!(slow.iter().any(is_stored));
    assert!(quick.iter().all(is_stored), "{quick:?}");
    assert!(proxy.most_at_once() <= MAX_AT_ONCE);
    let said = [("slowly".to_owned(), slow), ("quickly".to_owned(), quick)];
    check_histories(&mut people, base, &said).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_store_is_given_up_on_and_comes_back() {
    let (_service, handler, proxy) = handler_behind_a_proxy().await;
    let base = handler.base.as_str();
    let mut people = people(base).await;
    let before = all_say(&mut people, base, "before").await;

    proxy.always(Some(Fault::Silence));
    let silence = all_say(&mut people, base, "in silence").await;
    proxy.always(None);
    let after = all_say(&mut people, base, "after").await;

    assert!(before.iter().chain(&after).all(is_stored));
    let unavailable = Answer::Refused("unavailable".to_owned());
    assert!(silence.iter().all(|a| *a == unavailable), "{silence:?}");
    assert!(proxy.most_at_once() <= MAX_AT_ONCE);
    let said = [
        ("before".to_owned(), before),
        ("in silence".to_owned(), silence),
        ("after".to_owned(), after),
    ];
    check_histories(&mut people, base, &said).await;
}
