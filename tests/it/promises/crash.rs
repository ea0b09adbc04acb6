//! Promises 1, 3 and 4 under SIGKILL: handlers die at random moments while clients resend each
//! message until it is acknowledged.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use switchboard::azure::http_client::SharedHttpClient;
use switchboard::clock::Ids;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{interval, sleep};

use super::listeners::assert_received;
use super::{Handler, History, LOAD_TEST_LOCK, Listeners, Outcome, Person, Service, StoreSettings};

const KILLS: usize = 15;
const HANDLERS: usize = 3;
const PEOPLE: usize = 24;
const ROOM: &str = "lobby";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_acknowledged_by_killed_handlers_are_stored_once_on_sqlite() {
    kill_handlers_under_load(StoreSettings::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_acknowledged_by_killed_handlers_are_stored_once_on_azurite() {
    kill_handlers_under_load(StoreSettings::azurite().await).await;
}

/// The state that all senders share.
struct Shared {
    /// The current base URL of each handler.
    bases: Mutex<Vec<String>>,
    acknowledged: watch::Sender<usize>,
    is_over: watch::Sender<bool>,
}

async fn kill_handlers_under_load(store: StoreSettings) {
    let _guard = LOAD_TEST_LOCK.lock().await;
    let mut random = Random::new();
    let service = Service::start().await;
    let rooms = [ROOM.to_owned()];
    let mut handlers = Handler::start_many(&service, &store, HANDLERS).await;
    let listeners = Listeners::connect(&handlers[0], &rooms).await;
    let shared = Arc::new(Shared {
        bases: Mutex::new(handlers.iter().map(|h| h.base.clone()).collect()),
        acknowledged: watch::Sender::default(),
        is_over: watch::Sender::new(false),
    });
    let mut people = JoinSet::new();
    let http = SharedHttpClient::new().client().unwrap();
    for n in 0..PEOPLE {
        let base = &handlers[n % HANDLERS].base;
        let person = Person::join_with(http.clone(), base, &format!("p{n}"), &rooms).await;
        people.spawn(keep_posting(person, n, shared.clone()));
    }

    let mut count = shared.acknowledged.subscribe();
    for _ in 0..KILLS {
        let until = *count.borrow() + random.below(60);
        count.wait_for(|count| *count >= until).await.unwrap();
        // Not waiting for anything: this only makes the moment of the kill random.
        sleep(Duration::from_micros(random.below(20_000) as u64)).await;
        let victim = random.below(HANDLERS);
        let next = Handler::start(&service, &store).await;
        let victim_process = std::mem::replace(&mut handlers[victim], next);
        victim_process.kill().await;
        shared.bases.lock().unwrap()[victim] = handlers[victim].base.clone();
    }
    shared.is_over.send_replace(true);
    let (mut acknowledged, mut repeats) = (BTreeMap::new(), 0);
    for (numbers, repeated) in people.join_all().await {
        acknowledged.extend(numbers);
        repeats += repeated;
    }

    let base = &handlers[0].base;
    let mut reader = Person::join(base, "reader", &rooms).await;
    let history = History::read(&mut reader, base, ROOM).await;
    assert_eq!(history.numbers(), acknowledged);
    for handler in handlers {
        handler.shut_down().await;
    }
    assert_received(&listeners.finish(&service).await, ROOM, history.last());
    let (name, sent) = (store.name, acknowledged.len());
    writeln!(
        std::io::stdout(),
        "{name}: {KILLS} kills, {sent} messages, {repeats} answered as repeats"
    )
    .unwrap();
}

/// Posts until the test is over, resending each message until it is acknowledged. Returns the
/// number of each message by its id, and how many acknowledgements reported a duplicate.
async fn keep_posting(
    mut person: Person,
    n: usize,
    shared: Arc<Shared>,
) -> (Vec<(String, u64)>, usize) {
    let (mut numbers, mut repeats) = (Vec::new(), 0);
    let mut handler = n;
    while !*shared.is_over.borrow() {
        let id = format!("{n}-{}", numbers.len());
        let seq = loop {
            let base = shared.bases.lock().unwrap()[handler % HANDLERS].clone();
            match person.post(&base, ROOM, &id).await {
                Outcome::Stored { seq, duplicate } => {
                    repeats += usize::from(duplicate);
                    break seq;
                }
                Outcome::NoAnswer => handler += 1,
                Outcome::Refused(code) => panic!("{id}: {code}"),
            }
        };
        numbers.push((id, seq));
        shared.acknowledged.send_modify(|count| *count += 1);
        handler += 1;
    }
    (numbers, repeats)
}

/// Kills a handler after it stored a message and before it could send it.
async fn store_without_sending(service: &Service, store: &StoreSettings) -> (Person, Listeners) {
    let rooms = [ROOM.to_owned()];
    let handler = Handler::start(service, store).await;
    let listeners = Listeners::connect(&handler, &rooms).await;
    let mut alice = Person::join(&handler.base, "alice", &rooms).await;
    let base = handler.base.clone();
    service.gate.shut();
    let posting = tokio::spawn(async move {
        let answer = alice.post(&base, ROOM, "lost").await;
        (alice, answer)
    });
    service.gate.wait_for_cut_off().await;
    handler.kill().await;
    service.gate.open();
    let (alice, answer) = posting.await.unwrap();
    assert_eq!(answer, Outcome::NoAnswer);
    (alice, listeners)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_delivers_a_message_that_a_killed_handler_stored_but_did_not_send() {
    let (service, store) = (Service::start().await, StoreSettings::sqlite());
    let (mut alice, mut listeners) = store_without_sending(&service, &store).await;
    let next = Handler::start(&service, &store).await;

    let again = alice.post(&next.base, ROOM, "lost").await;
    listeners.wait_for("lost").await;

    let stored = Outcome::Stored {
        seq: 1,
        duplicate: true,
    };
    assert_eq!(again, stored);
    next.shut_down().await.assert_no_complaints();
    super::listeners::assert_received_once(&listeners.finish(&service).await, ROOM, 1);
}

/// A later message resends the lost one after its sender has had ten seconds to retry. The handlers
/// use the real clock, so someone keeps posting until then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn later_messages_deliver_one_that_a_killed_handler_stored_but_did_not_send() {
    let (service, store) = (Service::start().await, StoreSettings::sqlite());
    let (_alice, mut listeners) = store_without_sending(&service, &store).await;
    let next = Handler::start(&service, &store).await;
    let mut bob = Person::join(&next.base, "bob", &[ROOM.to_owned()]).await;

    let posting = async {
        let mut ticks = interval(Duration::from_secs(1));
        for number in 2.. {
            ticks.tick().await;
            let posted = bob
                .post(&next.base, ROOM, &format!("message {number}"))
                .await;
            let stored = Outcome::Stored {
                seq: number,
                duplicate: false,
            };
            assert_eq!(posted, stored);
        }
    };
    tokio::select! {
        () = posting => {}
        () = listeners.wait_for("lost") => {}
    }

    let history = History::read(&mut bob, &next.base, ROOM).await;
    next.shut_down().await;
    assert_received(&listeners.finish(&service).await, ROOM, history.last());
}

/// Random numbers. The seed of each run is printed.
struct Random(u64);

impl Random {
    fn new() -> Self {
        let (seed, _) = Ids::random().uuid().as_u64_pair();
        writeln!(std::io::stdout(), "seed {seed}").unwrap();
        Self(seed)
    }

    fn below(&mut self, end: usize) -> usize {
        // A linear congruential generator; its upper bits are the better ones.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}
