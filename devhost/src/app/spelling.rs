//! Keys of host.json that the host would pass over in silence.

use serde_json::{Map, Value};

/// Where only certain keys mean anything. `*` is a section with keys of its own choosing.
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

/// A sentence for each key nobody reads, with the one that was probably meant.
pub(crate) fn misspelt_keys(root: &Map<String, Value>) -> Vec<String> {
    let mut warnings = Vec::new();
    for (section, known) in SECTIONS {
        let Some(keys) = find(root, section) else {
            continue;
        };
        for key in keys
            .keys()
            .filter(|key| !known.iter().any(|one| one.eq_ignore_ascii_case(key)))
        {
            let place = if section.is_empty() {
                String::new()
            } else {
                format!("{section}.")
            };
            let hint = match nearest(key, known) {
                Some(right) => format!("; did you mean {right:?}?"),
                None => String::new(),
            };
            warnings.push(format!(
                "host.json: {place}{key} means nothing to the host{hint}"
            ));
        }
    }
    warnings
}

fn find<'a>(root: &'a Map<String, Value>, section: &str) -> Option<&'a Map<String, Value>> {
    section
        .split('.')
        .filter(|key| !key.is_empty())
        .try_fold(root, |inside, key| {
            super::json_file::member(inside, key)?.as_object()
        })
}

fn nearest<'a>(key: &str, known: &[&'a str]) -> Option<&'a str> {
    let key = key.to_lowercase();
    let scored = known.iter().map(|one| {
        let other = one.to_lowercase();
        // The same words in another order are one mistake, however many letters it moved.
        let distance = if letters(&key) == letters(&other) {
            1
        } else {
            distance(&key, &other)
        };
        (distance, *one)
    });
    let (distance, best) = scored.min()?;
    (distance <= 2 + key.len() / 4).then_some(best)
}

fn letters(text: &str) -> Vec<char> {
    let mut letters: Vec<char> = text.chars().collect();
    letters.sort_unstable();
    letters
}

/// How many letters have to be put in, taken out or changed.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let change = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::misspelt_keys;

    #[track_caller]
    fn warnings(value: serde_json::Value) -> Vec<String> {
        misspelt_keys(value.as_object().unwrap())
    }

    #[test]
    fn a_misspelt_key_is_named_with_the_right_one() {
        let found = warnings(json!({"customHandler": {"enableHttpProxyingRequest": true}}));

        assert_eq!(
            found,
            [concat!(
                "host.json: customHandler.enableHttpProxyingRequest means nothing to the host; ",
                "did you mean \"enableProxyingHttpRequest\"?"
            )]
        );
    }

    #[test]
    fn a_key_in_another_case_is_right() {
        assert_eq!(
            warnings(json!({"Version": "2.0", "customhandler": {"Port": 1}})),
            [""; 0]
        );
    }

    #[test]
    fn a_key_like_no_other_gets_no_hint() {
        assert_eq!(
            warnings(json!({"zzz": 1})),
            ["host.json: zzz means nothing to the host"]
        );
    }
}
