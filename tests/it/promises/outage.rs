//! Promise 6 during store outages: the store hangs, the network to it is cut, and it is stopped and
//! restarted, while users keep posting.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;

use switchboard::azure::http_client::SharedHttpClient;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::listeners::assert_received;
use super::{
    Handler, History, LOAD_TEST_LOCK, Listeners, Network, Outcome, Person, Service, StoreSettings,
};
use crate::support::{Azurite, fresh_folder};

const HANDLERS: usize = 2;
const PEOPLE: usize = 24;
const ROOM: &str = "lobby";
/// Answers to wait for before each change.
const ANSWERS_PER_PHASE: usize = 150;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn posting_survives_store_outages_and_leaves_nothing_half_done() {
    let _guard = LOAD_TEST_LOCK.lock().await;
    let folder = fresh_folder();
    let azurite = Azurite::in_folder(folder.clone()).await;
    let account = azurite.account();
    let mut network = Network::to(account.tables()).await;
    let store = StoreSettings::tables(
        account
            .with_tables_at(&network.address.to_string())
            .connection_string(),
    );
    let service = Service::start().await;
    let rooms = [ROOM.to_owned()];
    let handlers = Handler::start_many(&service, &store, HANDLERS).await;
    let listeners = Listeners::connect(&handlers[0], &rooms).await;
    let shared = Arc::new(Shared::new(&handlers));
    let mut people = JoinSet::new();
    let http = SharedHttpClient::new().client().unwrap();
    for n in 0..PEOPLE {
        let base = &handlers[n % HANDLERS].base;
        let person = Person::join_with(http.clone(), base, &format!("p{n}"), &rooms).await;
        people.spawn(keep_posting(person, n, shared.clone()));
    }

    shared.wait_for_stored(ANSWERS_PER_PHASE).await;
    azurite.suspend();
    shared.wait_for_refused(PEOPLE).await;
    azurite.resume();
    shared.wait_for_stored(ANSWERS_PER_PHASE).await;
    network.cut().await;
    let stopped = azurite.stop().await;
    shared.wait_for_refused(ANSWERS_PER_PHASE).await;
    let _azurite = stopped.restart_in(folder).await;
    network.restore().await;
    shared.wait_for_stored(ANSWERS_PER_PHASE).await;
    shared.is_over.send_replace(true);

    let mut all = Outcomes::default();
    for outcomes in people.join_all().await {
        all.stored.extend(outcomes.stored);
        all.refused.extend(outcomes.refused);
        all.unknown += outcomes.unknown;
    }
    let base = &handlers[0].base;
    let mut reader = Person::join(base, "reader", &rooms).await;
    let history = History::read(&mut reader, base, ROOM).await;
    let numbers = history.numbers();
    for id in &all.refused {
        assert!(!numbers.contains_key(id), "{id} was refused but stored");
    }
    assert_eq!(numbers, all.stored);
    for handler in handlers {
        handler.shut_down().await;
    }
    assert_received(&listeners.finish(&service).await, ROOM, history.last());
    let (sent, refused) = (numbers.len(), all.refused.len());
    let unknown = all.unknown;
    writeln!(
        std::io::stdout(),
        "{sent} messages, {refused} unavailable, {unknown} unknown"
    )
    .unwrap();
}

/// The state that all senders share, with counts of the answers they got.
struct Shared {
    bases: Vec<String>,
    stored: watch::Sender<usize>,
    refused: watch::Sender<usize>,
    is_over: watch::Sender<bool>,
}

impl Shared {
    fn new(handlers: &[Handler]) -> Self {
        Self {
            bases: handlers.iter().map(|h| h.base.clone()).collect(),
            stored: watch::Sender::default(),
            refused: watch::Sender::default(),
            is_over: watch::Sender::new(false),
        }
    }

    async fn wait_for_stored(&self, more: usize) {
        wait_for_more(&self.stored, more).await;
    }

    async fn wait_for_refused(&self, more: usize) {
        wait_for_more(&self.refused, more).await;
    }
}

async fn wait_for_more(count: &watch::Sender<usize>, more: usize) {
    let mut count = count.subscribe();
    let until = *count.borrow() + more;
    count.wait_for(|count| *count >= until).await.unwrap();
}

/// The answers that one sender got.
#[derive(Default)]
struct Outcomes {
    stored: BTreeMap<String, u64>,
    refused: Vec<String>,
    unknown: usize,
}

/// Gives up a message after `unavailable`, which means that it is not stored, and resends it after
/// `internal`, which means that the result is unknown.
async fn keep_posting(mut person: Person, n: usize, shared: Arc<Shared>) -> Outcomes {
    let mut outcomes = Outcomes::default();
    let mut tries = n;
    for number in 0.. {
        if *shared.is_over.borrow() {
            break;
        }
        let id = format!("{n}-{number}");
        let mut is_known = true;
        loop {
            tries += 1;
            let base = &shared.bases[tries % HANDLERS];
            match person.post(base, ROOM, &id).await {
                Outcome::Stored { seq, duplicate } => {
                    assert!(!(is_known && duplicate), "{id} is new");
                    outcomes.stored.insert(id, seq);
                    shared.stored.send_modify(|count| *count += 1);
                    break;
                }
                Outcome::Refused(code) if code == "unavailable" && is_known => {
                    outcomes.refused.push(id);
                    shared.refused.send_modify(|count| *count += 1);
                    break;
                }
                Outcome::Refused(code) if code == "unavailable" => {
                    shared.refused.send_modify(|count| *count += 1);
                }
                Outcome::Refused(code) if code == "internal" => {
                    is_known = false;
                    outcomes.unknown += 1;
                    shared.refused.send_modify(|count| *count += 1);
                }
                other => panic!("{id}: {other:?}"),
            }
        }
    }
    outcomes
}
