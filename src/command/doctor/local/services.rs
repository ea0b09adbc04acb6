//! The services that a deployment need not have: identity provider, Azure OpenAI, IoT hub and the
//! collector of traces.

use std::time::Duration;

use jsonwebtoken::Algorithm;
use tokio::time::timeout;

use super::Local;
use crate::access::caller::jwks::Jwks;
use crate::azure::openai::{AzureOpenAi, OpenAiAccount, OpenAiError, Role, Turn};
use crate::command::doctor::faults;
use crate::command::doctor::finding::{Finding, explain};
use crate::config::KeySource;
use crate::trace_export;

const SIGN_IN: &str = "sign-in";
const ASSISTANT: &str = "assistant";
const IOT_HUB: &str = "iot hub";
const TRACES: &str = "traces";
/// A deployment may answer slowly, but it begins soon.
const MODEL_TIMEOUT: Duration = Duration::from_secs(20);

pub(super) async fn issuer(local: &Local) -> Vec<Finding> {
    let keys = local.app.config.identity.jwt.as_ref();
    let Some(source) = keys.and_then(|jwt| jwt.keys.clone()) else {
        return vec![Finding::skipped(SIGN_IN, "no identity provider is set")];
    };
    let address = match &source {
        KeySource::Jwks(url) => url.to_string(),
        KeySource::Discovery { issuer } => {
            format!(
                "{}/.well-known/openid-configuration",
                issuer.trim_end_matches('/')
            )
        }
    };
    let jwks = Jwks::new(source, local.http.clone(), local.app.clock.clone());
    let finding = match jwks.keys(None, Algorithm::RS256).await {
        Ok(_) => Finding::ok(SIGN_IN, "the identity provider's keys were fetched"),
        Err(error) => Finding::error(SIGN_IN, &faults::ISSUER_FAILED, explain(&error)),
    };
    vec![finding.fill("address", &address)]
}

pub(super) async fn assistant(local: &Local) -> Vec<Finding> {
    let Some(account) = &local.app.config.assistant.model else {
        return vec![Finding::skipped(ASSISTANT, "not configured")];
    };
    let mut found = vec![model(local, account).await];
    if local.app.outbox.tasks().is_none() {
        let what = "AzureWebJobsStorage names no account with queues";
        found.push(Finding::error(
            ASSISTANT,
            &faults::ASSISTANT_WITHOUT_QUEUE,
            what,
        ));
    }
    found
}

/// Asks a question of one token: only that shows whether the deployment exists.
async fn model(local: &Local, account: &OpenAiAccount) -> Finding {
    let failed = |error: &OpenAiError| {
        let what = explain(error);
        Finding::error(ASSISTANT, &faults::ASSISTANT_FAILED, what)
    };
    let service = match AzureOpenAi::new(account, local.http.clone(), &local.identities) {
        Ok(service) => service,
        Err(error) => return failed(&error.into()),
    };
    let question = [Turn {
        role: Role::User,
        content: "Say ok.".to_owned(),
    }];
    let deployment = &account.deployment;
    match timeout(MODEL_TIMEOUT, service.complete(&question, 1)).await {
        Ok(Ok(_)) => Finding::ok(ASSISTANT, format!("the deployment {deployment} answers")),
        // The account knows us, but not the name.
        Ok(Err(OpenAiError::Refused(why))) if why.starts_with("status 404") => {
            let what = format!("the deployment {deployment} does not answer: {why}");
            Finding::error(ASSISTANT, &faults::DEPLOYMENT_MISSING, what)
        }
        // Busy, or the words of the question were not liked: it exists.
        Ok(Err(OpenAiError::RateLimited { .. } | OpenAiError::ContentFiltered)) => {
            Finding::ok(ASSISTANT, format!("the deployment {deployment} exists"))
        }
        Ok(Err(error)) => failed(&error),
        Err(_) => failed(&OpenAiError::TooLong),
    }
}

pub(super) async fn iot_hub(local: &Local) -> Vec<Finding> {
    let Some(hub) = &local.app.iot_hub else {
        return vec![Finding::skipped(IOT_HUB, "not configured")];
    };
    let name = local
        .app
        .config
        .devices
        .hub
        .as_ref()
        .map(|hub| hub.host.to_string());
    let name = name.unwrap_or_default();
    let finding = match hub.check().await {
        Ok(()) => Finding::ok(IOT_HUB, format!("{name} accepts our credential")),
        Err(error) => {
            let what = format!("{name}: {}", explain(&error));
            Finding::error(IOT_HUB, &faults::IOT_HUB_FAILED, what)
        }
    };
    vec![finding.fill("hub", name.split('.').next().unwrap_or_default())]
}

pub(super) async fn collector(local: &Local) -> Vec<Finding> {
    let Some(config) = &local.app.config.traces else {
        return vec![Finding::skipped(TRACES, "not configured")];
    };
    let finding = match trace_export::check(config, &local.ids).await {
        Ok(()) => Finding::ok(TRACES, "the collector takes spans"),
        Err(error) => Finding::error(TRACES, &faults::COLLECTOR_FAILED, explain(&error)),
    };
    vec![finding]
}
