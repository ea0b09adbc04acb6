use serde_json::{Value, json};

use super::scripts::Script;

/// An OpenID provider that we did not write.
pub(crate) struct Issuer {
    pub(crate) url: String,
    script: Script,
}

impl Issuer {
    pub(crate) async fn start() -> Self {
        let mut script = Script::start("issuer.mjs", "").await;
        let url = script.says().await["url"].as_str().unwrap().to_owned();
        Self { url, script }
    }

    pub(crate) async fn adds_key(&mut self, alg: &str, kid: &str) {
        self.script
            .told(&json!({ "do": "key", "alg": alg, "kid": kid }))
            .await;
    }

    pub(crate) async fn signs(&mut self, kid: &str, claims: Value) -> String {
        let said = self
            .script
            .told(&json!({ "do": "token", "kid": kid, "claims": claims }))
            .await;
        said["token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn public_key(&mut self, kid: &str) -> Value {
        self.script
            .told(&json!({ "do": "publicKey", "kid": kid }))
            .await
    }

    /// Calls wait until it goes on.
    pub(crate) async fn pauses(&mut self) {
        self.script.told(&json!({ "do": "hold" })).await;
    }

    pub(crate) async fn goes_on(&mut self) {
        self.script.told(&json!({ "do": "release" })).await;
    }

    /// Until so many fetches have begun, each of which asks for the configuration first.
    pub(crate) async fn was_asked(&mut self, times: u64) {
        let begun = json!({ "do": "fetched" });
        while self.script.told(&begun).await["configuration"]
            .as_u64()
            .unwrap()
            < times
        {
            tokio::task::yield_now().await;
        }
    }

    pub(crate) async fn times_asked_for_keys(&mut self) -> u64 {
        self.script.told(&json!({ "do": "fetched" })).await["keys"]
            .as_u64()
            .unwrap()
    }

    pub(crate) async fn goes_away(&mut self) {
        self.script.told(&json!({ "do": "away" })).await;
    }

    pub(crate) async fn comes_back(&mut self) {
        self.script.told(&json!({ "do": "back" })).await;
    }
}
