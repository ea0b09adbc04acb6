//! Finds unknown keys in host.json.

use serde_json::{Map, Value};

use super::json_file::member;
use super::spelling::unknown_keys;

/// The sections that are checked, with their known keys.
const SECTIONS: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "$schema",
            "version",
            "aggregator",
            "applicationInsights",
            "concurrency",
            "customHandler",
            "eventHub",
            "extensionBundle",
            "extensions",
            "functions",
            "functionTimeout",
            "healthMonitor",
            "http",
            "httpWorker",
            "id",
            "logging",
            "managedDependency",
            "queues",
            "retry",
            "sendGrid",
            "serviceBus",
            "singleton",
            "telemetryMode",
            "tracing",
            "watchDirectories",
            "watchFiles",
        ],
    ),
    (
        "customHandler",
        &[
            "description",
            "enableForwardingHttpRequest",
            "enableProxyingHttpRequest",
            "http",
            "initializationTimeout",
            "port",
        ],
    ),
    (
        "customHandler.description",
        &[
            "arguments",
            "defaultExecutablePath",
            "defaultWorkerPath",
            "useStdErrorStreamForErrorsOnly",
            "workerArguments",
            "workingDirectory",
        ],
    ),
    (
        "extensions",
        &[
            "blobs",
            "cosmosDB",
            "durableTask",
            "eventGrid",
            "eventHubs",
            "http",
            "kafka",
            "queues",
            "rabbitMQ",
            "sendGrid",
            "serviceBus",
            "signalR",
            "sql",
            "tables",
            "warmup",
            "webpubsub",
        ],
    ),
    (
        "extensions.http",
        &[
            "customHeaders",
            "dynamicThrottlesEnabled",
            "hsts",
            "maxConcurrentRequests",
            "maxOutstandingRequests",
            "routePrefix",
        ],
    ),
    (
        "extensions.queues",
        &[
            "batchSize",
            "maxDequeueCount",
            "maxPollingInterval",
            "messageEncoding",
            "newBatchThreshold",
            "visibilityTimeout",
        ],
    ),
    ("extensionBundle", &["id", "version"]),
];

/// A warning for each key of host.json that the host does not know.
pub(super) fn unknown(root: &Map<String, Value>) -> Vec<String> {
    let mut warnings = Vec::new();
    for (section, known) in SECTIONS {
        let path = section.split('.').filter(|key| !key.is_empty());
        let keys = path
            .clone()
            .try_fold(root, |section, key| member(section, key)?.as_object());
        let prefix: String = path.map(|key| format!("{key}.")).collect();
        if let Some(keys) = keys {
            warnings.extend(unknown_keys(&format!("host.json: {prefix}"), keys, known));
        }
    }
    warnings
}
