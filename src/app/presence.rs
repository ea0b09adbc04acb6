//! Who is connected to a conversation, according to the service, at most every few seconds.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use webpubsub::{HubClient, ListOptions};

use crate::app::cached::Stamped;

/// Pages that poll must not put load on the service.
const TTL_SECONDS: i64 = 2;
const MAX_GROUPS: usize = 1000;

/// Each user's number of open connections.
pub type Users = Arc<BTreeMap<String, u64>>;

/// The last answers, for each group.
#[derive(Debug, Default)]
pub struct PresenceCache(Mutex<HashMap<String, Stamped<Users>>>);

impl PresenceCache {
    /// Decide about the caller before: the answer is the same for everybody.
    pub(crate) async fn users(
        &self,
        hub: &HubClient,
        group: &str,
        now: i64,
    ) -> Result<Users, webpubsub::Error> {
        if let Some(users) = self.get(group, now) {
            return Ok(users);
        }
        let members = hub.list_connections_in_group(group, &ListOptions::default())?;
        let mut users = BTreeMap::new();
        for member in members.all().await? {
            // Every connection that we admit has a user id.
            if let Some(user) = member.user_id {
                *users.entry(user).or_default() += 1;
            }
        }
        let users = Arc::new(users);
        self.put(group, now, users.clone());
        Ok(users)
    }

    fn get(&self, group: &str, now: i64) -> Option<Users> {
        let answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        answers.get(group)?.fresh(now, TTL_SECONDS).cloned()
    }

    fn put(&self, group: &str, now: i64, users: Users) {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= MAX_GROUPS {
            answers.clear();
        }
        let answer = Stamped {
            at: now,
            value: users,
        };
        answers.insert(group.to_owned(), answer);
    }
}
