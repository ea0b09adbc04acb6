//! Promises 1, 3 and 4 where handlers are killed: SIGKILL at any instant, while clients send and
//! send again until they are told that it is stored.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use switchboard::azure::http_client::SharedHttpClient;
use switchboard::clock::Ids;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{interval, sleep};

use super::ears::assert_heard;
use super::{Answer, Ears, Handler, History, ONE_AT_A_TIME, Person, Place, Service};

const KILLS: usize = 15;
const HANDLERS: usize = 3;
const PEOPLE: usize = 24;
const ROOM: &str = "lobby";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_by_handlers_that_are_killed_is_there_once_on_sqlite() {
    killed_again_and_again(Place::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_by_handlers_that_are_killed_is_there_once_on_azurite() {
    killed_again_and_again(Place::azurite().await).await;
}

/// What the people share.
struct Crowd {
    /// Where the handlers are at the moment.
    bases: Mutex<Vec<String>>,
    told: watch::Sender<usize>,
    ends: watch::Sender<bool>,
}

async fn killed_again_and_again(place: Place) {
    let _alone = ONE_AT_A_TIME.lock().await;
    let mut chance = Chance::new();
    let service = Service::start().await;
    let rooms = [ROOM.to_owned()];
    let mut handlers = Handler::start_many(&service, &place, HANDLERS).await;
    let ears = Ears::listen(&handlers[0], &rooms).await;
    let crowd = Arc::new(Crowd {
        bases: Mutex::new(handlers.iter().map(|h| h.base.clone()).collect()),
        told: watch::Sender::default(),
        ends: watch::Sender::new(false),
    });
    let mut people = JoinSet::new();
    let http = SharedHttpClient::new().client().unwrap();
    for n in 0..PEOPLE {
        let base = &handlers[n % HANDLERS].base;
        let person = Person::joins_by(http.clone(), base, &format!("p{n}"), &rooms).await;
        people.spawn(speaks(person, n, crowd.clone()));
    }

    let mut told = crowd.told.subscribe();
    for _ in 0..KILLS {
        let until = *told.borrow() + chance.below(60);
        told.wait_for(|told| *told >= until).await.unwrap();
        // Nobody waits for anything here: it makes the instant a random one.
        sleep(Duration::from_micros(chance.below(20_000) as u64)).await;
        let victim = chance.below(HANDLERS);
        let next = Handler::start(&service, &place).await;
        let killed = std::mem::replace(&mut handlers[victim], next);
        killed.killed().await;
        crowd.bases.lock().unwrap()[victim] = handlers[victim].base.clone();
    }
    crowd.ends.send_replace(true);
    let (mut acknowledged, mut repeats) = (BTreeMap::new(), 0);
    for (numbers, repeated) in people.join_all().await {
        acknowledged.extend(numbers);
        repeats += repeated;
    }

    let base = &handlers[0].base;
    let mut reader = Person::joins(base, "reader", &rooms).await;
    let history = History::read(&mut reader, base, ROOM).await;
    assert_eq!(history.numbers(), acknowledged);
    for handler in handlers {
        handler.drained().await;
    }
    assert_heard(&ears.end(&service).await, ROOM, history.last());
    let (name, sent) = (place.name, acknowledged.len());
    writeln!(
        std::io::stdout(),
        "{name}: {KILLS} kills, {sent} messages, {repeats} answered as repeats"
    )
    .unwrap();
}

/// Until it all ends; each message until it is acknowledged. Numbers by id, and how many answers
/// said that an earlier try had stored it.
async fn speaks(mut person: Person, n: usize, crowd: Arc<Crowd>) -> (Vec<(String, u64)>, usize) {
    let (mut numbers, mut repeats) = (Vec::new(), 0);
    let mut handler = n;
    while !*crowd.ends.borrow() {
        let id = format!("{n}-{}", numbers.len());
        let seq = loop {
            let base = crowd.bases.lock().unwrap()[handler % HANDLERS].clone();
            match person.says(&base, ROOM, &id).await {
                Answer::Stored { seq, duplicate } => {
                    repeats += usize::from(duplicate);
                    break seq;
                }
                Answer::Nothing => handler += 1,
                Answer::Refused(code) => panic!("{id}: {code}"),
            }
        };
        numbers.push((id, seq));
        crowd.told.send_modify(|told| *told += 1);
        handler += 1;
    }
    (numbers, repeats)
}

/// A handler that could tell nobody what it had stored, and is killed.
async fn stored_and_not_sent(service: &Service, place: &Place) -> (Person, Ears) {
    let rooms = [ROOM.to_owned()];
    let handler = Handler::start(service, place).await;
    let ears = Ears::listen(&handler, &rooms).await;
    let mut alice = Person::joins(&handler.base, "alice", &rooms).await;
    let base = handler.base.clone();
    service.gate.shut();
    let speaking = tokio::spawn(async move {
        let answer = alice.says(&base, ROOM, "lost").await;
        (alice, answer)
    });
    service.gate.has_cut_off().await;
    handler.killed().await;
    service.gate.open();
    let (alice, answer) = speaking.await.unwrap();
    assert_eq!(answer, Answer::Nothing);
    (alice, ears)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_is_heard_that_a_killed_handler_stored_and_did_not_send() {
    let (service, place) = (Service::start().await, Place::sqlite());
    let (mut alice, mut ears) = stored_and_not_sent(&service, &place).await;
    let next = Handler::start(&service, &place).await;

    let again = alice.says(&next.base, ROOM, "lost").await;
    ears.hear("lost").await;

    let stored = Answer::Stored {
        seq: 1,
        duplicate: true,
    };
    assert_eq!(again, stored);
    next.drained().await.assert_no_complaints();
    super::ears::assert_heard_once(&ears.end(&service).await, ROOM, 1);
}

/// Who speaks next brings it along, once its sender has had ten seconds. The handlers' clock is
/// the real one, so somebody speaks on until then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_make_up_for_what_a_killed_handler_stored_and_did_not_send() {
    let (service, place) = (Service::start().await, Place::sqlite());
    let (_alice, mut ears) = stored_and_not_sent(&service, &place).await;
    let next = Handler::start(&service, &place).await;
    let mut bob = Person::joins(&next.base, "bob", &[ROOM.to_owned()]).await;

    let speaking = async {
        let mut breaths = interval(Duration::from_secs(1));
        for word in 2.. {
            breaths.tick().await;
            let said = bob.says(&next.base, ROOM, &format!("word {word}")).await;
            let stored = Answer::Stored {
                seq: word,
                duplicate: false,
            };
            assert_eq!(said, stored);
        }
    };
    tokio::select! {
        () = speaking => {}
        () = ears.hear("lost") => {}
    }

    let history = History::read(&mut bob, &next.base, ROOM).await;
    next.drained().await;
    assert_heard(&ears.end(&service).await, ROOM, history.last());
}

/// Numbers that nobody foresees. What one run had is printed.
struct Chance(u64);

impl Chance {
    fn new() -> Self {
        let (seed, _) = Ids::random().uuid().as_u64_pair();
        writeln!(std::io::stdout(), "seed {seed}").unwrap();
        Self(seed)
    }

    fn below(&mut self, end: usize) -> usize {
        // A linear congruence; its upper bits are the good ones.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}
