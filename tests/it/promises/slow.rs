//! A slow or silent store: every caller gets an answer, and calls do not pile up.

use std::time::Duration;

use futures_util::future::join_all;
use switchboard::azure::http_client::SharedHttpClient;
use tokio::time::timeout;

use super::{Handler, History, Outcome, Person, Service, StoreSettings};
use crate::support::{Azurite, Fault, Proxy};

const PEOPLE: usize = 120;
/// The most store calls that a handler makes at once.
const MAX_AT_ONCE: usize = 64;
/// Shorter than the service's 100 seconds and the Functions host's minutes.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Half of the users share one room; each of the others has its own.
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
        async move { Person::join_with(http, base, &format!("p{n}"), &[room_of(n)]).await }
    });
    join_all(joining).await
}

async fn all_post(people: &mut [Person], base: &str, text: &str) -> Vec<Outcome> {
    let posting = people.iter_mut().enumerate().map(|(n, person)| async move {
        person.post(base, &room_of(n), &format!("{n} {text}")).await
    });
    timeout(TIMEOUT, join_all(posting))
        .await
        .expect("some calls got no answer")
}

fn is_stored(answer: &Outcome) -> bool {
    matches!(answer, Outcome::Stored { .. })
}

async fn handler_behind_a_proxy() -> (Service, Handler, Proxy) {
    let account = Azurite::shared().await.account();
    let proxy = Proxy::to(account.tables()).await;
    let store = StoreSettings::tables(account.with_tables_at(&proxy.address).connection_string());
    let service = Service::start().await;
    let handler = Handler::start(&service, &store).await;
    (service, handler, proxy)
}

/// Asserts that acknowledged messages are stored and refused ones are not. Messages with an
/// `internal` error may be either.
async fn check_histories(people: &mut [Person], base: &str, posted: &[(String, Vec<Outcome>)]) {
    for n in [0, 1, 3, 5] {
        let history = History::read(&mut people[n], base, &room_of(n)).await;
        let numbers = history.numbers();
        for (text, answers) in posted {
            let senders = (0..PEOPLE).filter(|sender| room_of(*sender) == room_of(n));
            for sender in senders {
                let stored = numbers.get(&format!("{sender} {text}"));
                match &answers[sender] {
                    Outcome::Stored { seq, .. } => assert_eq!(stored, Some(seq)),
                    Outcome::Refused(code) if code == "unavailable" => assert_eq!(stored, None),
                    Outcome::Refused(code) => assert_eq!(code, "internal"),
                    Outcome::NoAnswer => panic!("no answer"),
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_store_delays_calls_without_piling_them_up() {
    let (_service, handler, proxy) = handler_behind_a_proxy().await;
    let base = handler.base.as_str();
    let mut people = people(base).await;

    proxy.delays_answers(Duration::from_millis(700));
    let slow = all_post(&mut people, base, "slow").await;
    proxy.delays_answers(Duration::ZERO);
    let quick = all_post(&mut people, base, "quick").await;

    assert!(slow.iter().any(is_stored));
    assert!(quick.iter().all(is_stored), "{quick:?}");
    assert!(proxy.most_at_once() <= MAX_AT_ONCE);
    let posted = [("slow".to_owned(), slow), ("quick".to_owned(), quick)];
    check_histories(&mut people, base, &posted).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_store_times_out_and_recovers() {
    let (_service, handler, proxy) = handler_behind_a_proxy().await;
    let base = handler.base.as_str();
    let mut people = people(base).await;
    let before = all_post(&mut people, base, "before").await;

    proxy.always(Some(Fault::Silence));
    let at_once = all_post(&mut people, base, "at once").await;
    let silent = all_post(&mut people, base, "silent").await;
    proxy.always(None);
    let after = all_post(&mut people, base, "after").await;

    assert!(before.iter().chain(&after).all(is_stored));
    let refused = |code: &str| Outcome::Refused(code.to_owned());
    let (unavailable, internal) = (refused("unavailable"), refused("internal"));
    // Right after a write no read comes first, and a write that gets no answer may be done.
    let is_refused = |a: &Outcome| *a == unavailable || *a == internal;
    assert!(at_once.iter().all(is_refused), "{at_once:?}");
    assert!(silent.iter().all(|a| *a == unavailable), "{silent:?}");
    assert!(proxy.most_at_once() <= MAX_AT_ONCE);
    let posted = [
        ("before".to_owned(), before),
        ("at once".to_owned(), at_once),
        ("silent".to_owned(), silent),
        ("after".to_owned(), after),
    ];
    check_histories(&mut people, base, &posted).await;
}
