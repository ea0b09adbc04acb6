//! Promise 6 while the store is away: it answers nobody for a while, the network to it is cut, it
//! is stopped and started again. All the while people speak.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;

use switchboard::azure::http_client::SharedHttpClient;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::ears::assert_heard;
use super::{Answer, Ears, Handler, History, ONE_AT_A_TIME, Person, Place, Service, Wire};
use crate::support::{Azurite, fresh_folder};

const HANDLERS: usize = 2;
const PEOPLE: usize = 24;
const ROOM: &str = "lobby";
/// So much happens before things change.
const A_WHILE: usize = 150;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_go_on_when_the_store_does_and_nothing_is_half_done() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let folder = fresh_folder();
    let azurite = Azurite::in_folder(folder.clone()).await;
    let account = azurite.account();
    let mut wire = Wire::to(account.tables()).await;
    let place = Place::tables(
        account
            .with_tables_at(&wire.address.to_string())
            .connection_string(),
    );
    let service = Service::start().await;
    let rooms = [ROOM.to_owned()];
    let handlers = Handler::start_many(&service, &place, HANDLERS).await;
    let ears = Ears::listen(&handlers[0], &rooms).await;
    let crowd = Arc::new(Crowd::new(&handlers));
    let mut people = JoinSet::new();
    let http = SharedHttpClient::new().client().unwrap();
    for n in 0..PEOPLE {
        let base = &handlers[n % HANDLERS].base;
        let person = Person::joins_by(http.clone(), base, &format!("p{n}"), &rooms).await;
        people.spawn(speaks(person, n, crowd.clone()));
    }

    crowd.are_told(A_WHILE).await;
    azurite.sleeps();
    crowd.are_refused(PEOPLE).await;
    azurite.wakes();
    crowd.are_told(A_WHILE).await;
    wire.cut().await;
    let stopped = azurite.stopped().await;
    crowd.are_refused(A_WHILE).await;
    let _azurite = stopped.starts_again_in(folder).await;
    wire.mend().await;
    crowd.are_told(A_WHILE).await;
    crowd.ends.send_replace(true);

    let mut all = Said::default();
    for said in people.join_all().await {
        all.told.extend(said.told);
        all.given_up.extend(said.given_up);
        all.unknown += said.unknown;
    }
    let base = &handlers[0].base;
    let mut reader = Person::joins(base, "reader", &rooms).await;
    let history = History::read(&mut reader, base, ROOM).await;
    let numbers = history.numbers();
    for id in &all.given_up {
        assert!(!numbers.contains_key(id), "{id} was said not to be stored");
    }
    assert_eq!(numbers, all.told);
    for handler in handlers {
        handler.drained().await;
    }
    assert_heard(&ears.end(&service).await, ROOM, history.last());
    let (sent, refused) = (numbers.len(), all.given_up.len());
    let unknown = all.unknown;
    writeln!(
        std::io::stdout(),
        "{sent} messages, {refused} times unavailable, {unknown} times not known"
    )
    .unwrap();
}

struct Crowd {
    bases: Vec<String>,
    told: watch::Sender<usize>,
    refused: watch::Sender<usize>,
    ends: watch::Sender<bool>,
}

impl Crowd {
    fn new(handlers: &[Handler]) -> Self {
        Self {
            bases: handlers.iter().map(|h| h.base.clone()).collect(),
            told: watch::Sender::default(),
            refused: watch::Sender::default(),
            ends: watch::Sender::new(false),
        }
    }

    async fn are_told(&self, more: usize) {
        happens(&self.told, more).await;
    }

    async fn are_refused(&self, more: usize) {
        happens(&self.refused, more).await;
    }
}

async fn happens(what: &watch::Sender<usize>, more: usize) {
    let mut seen = what.subscribe();
    let until = *seen.borrow() + more;
    seen.wait_for(|times| *times >= until).await.unwrap();
}

/// What one person was told.
#[derive(Default)]
struct Said {
    told: BTreeMap<String, u64>,
    given_up: Vec<String>,
    unknown: usize,
}

/// Gives up what is `unavailable`, for that means that it is not stored, and says again what is
/// `internal`, for that means that nobody knows.
async fn speaks(mut person: Person, n: usize, crowd: Arc<Crowd>) -> Said {
    let mut said = Said::default();
    let mut tries = n;
    for word in 0.. {
        if *crowd.ends.borrow() {
            break;
        }
        let id = format!("{n}-{word}");
        let mut is_known = true;
        loop {
            tries += 1;
            let base = &crowd.bases[tries % HANDLERS];
            match person.says(base, ROOM, &id).await {
                Answer::Stored { seq, duplicate } => {
                    assert!(!(is_known && duplicate), "{id} is new");
                    said.told.insert(id, seq);
                    crowd.told.send_modify(|told| *told += 1);
                    break;
                }
                Answer::Refused(code) if code == "unavailable" && is_known => {
                    said.given_up.push(id);
                    crowd.refused.send_modify(|refused| *refused += 1);
                    break;
                }
                Answer::Refused(code) if code == "unavailable" => {
                    crowd.refused.send_modify(|refused| *refused += 1);
                }
                Answer::Refused(code) if code == "internal" => {
                    is_known = false;
                    said.unknown += 1;
                    crowd.refused.send_modify(|refused| *refused += 1);
                }
                other => panic!("{id}: {other:?}"),
            }
        }
    }
    said
}
