//! An OpenID provider as a child process.

use serde_json::{Value, json};

use super::scripts::Script;

/// An OpenID provider from a third-party package.
pub(crate) struct Issuer {
    pub(crate) url: String,
    script: Script,
}

impl Issuer {
    pub(crate) async fn start() -> Self {
        let mut script = Script::start("issuer.mjs", "").await;
        let url = script.read().await["url"].as_str().unwrap().to_owned();
        Self { url, script }
    }

    pub(crate) async fn add_key(&mut self, alg: &str, kid: &str) {
        self.script
            .request(&json!({ "do": "key", "alg": alg, "kid": kid }))
            .await;
    }

    pub(crate) async fn sign(&mut self, kid: &str, claims: Value) -> String {
        let answer = self
            .script
            .request(&json!({ "do": "token", "kid": kid, "claims": claims }))
            .await;
        answer["token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn public_key(&mut self, kid: &str) -> Value {
        self.script
            .request(&json!({ "do": "publicKey", "kid": kid }))
            .await
    }

    /// Holds back all answers until `resume`.
    pub(crate) async fn pause(&mut self) {
        self.script.request(&json!({ "do": "hold" })).await;
    }

    pub(crate) async fn resume(&mut self) {
        self.script.request(&json!({ "do": "release" })).await;
    }

    /// Waits until this many fetches have begun; each requests the configuration first.
    pub(crate) async fn wait_for_fetches(&mut self, times: u64) {
        let fetched = json!({ "do": "fetched" });
        while self.script.request(&fetched).await["configuration"]
            .as_u64()
            .unwrap()
            < times
        {
            tokio::task::yield_now().await;
        }
    }

    pub(crate) async fn key_fetches(&mut self) -> u64 {
        self.script.request(&json!({ "do": "fetched" })).await["keys"]
            .as_u64()
            .unwrap()
    }

    pub(crate) async fn stop(&mut self) {
        self.script.request(&json!({ "do": "away" })).await;
    }

    pub(crate) async fn restart(&mut self) {
        self.script.request(&json!({ "do": "back" })).await;
    }
}
