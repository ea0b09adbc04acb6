use serde_json::{Map, Value};

use super::json_file::member;
use super::spelling::unknown_keys;

/// Where only certain keys mean anything.
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

/// A sentence for each key of host.json that nobody reads.
pub(super) fn misspelt(root: &Map<String, Value>) -> Vec<String> {
    let mut warnings = Vec::new();
    for (section, known) in SECTIONS {
        let inside = section.split('.').filter(|key| !key.is_empty());
        let keys = inside
            .clone()
            .try_fold(root, |inside, key| member(inside, key)?.as_object());
        let place: String = inside.map(|key| format!("{key}.")).collect();
        if let Some(keys) = keys {
            warnings.extend(unknown_keys(&format!("host.json: {place}"), keys, known));
        }
    }
    warnings
}
