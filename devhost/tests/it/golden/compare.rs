//! Compares what happened with the recording.

use std::fmt::{Debug, Display, Write as _};

use base64::Engine as _;
use regex::Regex;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::client::Answer;
use super::recorder::Seen;
use super::vector::{Vector, body};

/// All differences from the recording.
#[derive(Debug, Default)]
pub(super) struct Differences(Vec<String>);

impl Display for Differences {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|one| writeln!(out, "- {one}"))
    }
}

impl Differences {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn expect<T: PartialEq + Debug>(&mut self, what: &str, expected: T, found: T) {
        if expected != found {
            self.0
                .push(format!("{what}: recorded {expected:?}, found {found:?}"));
        }
    }

    /// Compares the first request, the number of requests, and all requests if they were recorded.
    pub(super) fn requests(&mut self, vector: &Vector, seen: &[Seen], port: u16) {
        self.request(vector, seen.first(), port);
        if let Some(count) = vector.value["handlerSawCount"].as_u64() {
            self.expect(
                "how many requests the handler saw",
                count,
                seen.len() as u64,
            );
        }
        if let Some(all) = vector.value["handlerSawAll"].as_array() {
            self.expect("how many requests the handler saw", all.len(), seen.len());
            for (expected, seen) in all.iter().zip(seen) {
                self.one_request(expected, seen, port);
            }
        }
    }

    pub(super) fn request(&mut self, vector: &Vector, seen: Option<&Seen>, port: u16) {
        let expected = &vector.value["handlerSaw"];
        match seen {
            None => self.expect("the handler saw nothing", expected.is_null(), true),
            Some(seen) if expected.is_null() => {
                self.0.push(format!(
                    "the handler saw {} {}, recorded nothing",
                    seen.method, seen.target
                ));
            }
            Some(seen) => self.one_request(expected, seen, port),
        }
    }

    fn one_request(&mut self, expected: &Value, seen: &Seen, port: u16) {
        self.expect(
            "the method",
            expected["method"].as_str(),
            Some(&seen.method),
        );
        self.expect(
            "the target",
            expected["target"].as_str(),
            Some(&seen.target),
        );
        self.headers("the handler's header", expected, &seen.headers, port);
        self.expect(
            "a chunked request",
            expected["framing"] == "chunked",
            seen.chunked,
        );
        self.body("the handler's body", expected, &seen.body);
    }

    pub(super) fn answer(&mut self, vector: &Vector, answer: Option<&Answer>) {
        let expected = &vector.value["clientGot"];
        let Some(answer) = answer else {
            return self.expect("no answer", expected.get("none").is_some(), true);
        };
        if expected.get("none").is_some() {
            return self
                .0
                .push(format!("an answer {}, recorded none", answer.status));
        }
        self.expect(
            "the status",
            expected["status"].as_u64(),
            Some(answer.status.into()),
        );
        self.expect(
            "the reason",
            expected["reason"].as_str().unwrap_or_default(),
            &answer.reason,
        );
        self.headers("the answer's header", expected, &answer.headers, 0);
        self.expect(
            "a chunked answer",
            expected["framing"] == "chunked",
            answer.chunked,
        );
        self.body("the answer's body", expected, &answer.body);
    }

    pub(super) fn outputs(&mut self, expected: &Value, found: &[(String, Vec<u8>)]) {
        let expected: Vec<(String, Vec<u8>)> = expected
            .as_array()
            .unwrap()
            .iter()
            .map(|output| {
                let value = output["value"].as_str().unwrap();
                let bytes = base64::engine::general_purpose::STANDARD
                    .decode(value)
                    .unwrap();
                (output["queue"].as_str().unwrap().to_owned(), bytes)
            })
            .collect();
        self.expect("the messages for queues", expected.as_slice(), found);
    }

    /// Compares the order and the spelling of headers, too.
    fn headers(&mut self, what: &str, expected: &Value, found: &[(String, String)], port: u16) {
        let expected = expected["headers"].as_array().unwrap();
        let same = expected.len() == found.len()
            && expected.iter().zip(found).all(|(expected, (name, value))| {
                expected[0] == name.as_str() && matches(expected[1].as_str().unwrap(), value, port)
            });
        if !same {
            let mut lines = format!("{what}s differ:");
            for header in expected {
                let (name, value) = (header[0].as_str().unwrap(), header[1].as_str().unwrap());
                let _ = write!(lines, "\n    recorded {name}: {}", shortened(value));
            }
            for (name, value) in found {
                let _ = write!(lines, "\n    found    {name}: {}", shortened(value));
            }
            self.0.push(lines);
        }
    }

    fn body(&mut self, what: &str, expected: &Value, found: &[u8]) {
        if let Some(hash) = expected["bodySha256"].as_str() {
            let found = Sha256::digest(found)
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>();
            return self.expect(what, hash, found.as_str());
        }
        let expected = String::from_utf8_lossy(&body(expected)).into_owned();
        let found = String::from_utf8_lossy(found).into_owned();
        if !matches(&expected, &found, 0) {
            self.0.push(format!(
                "{what} differs:\n    recorded {expected}\n    found    {found}"
            ));
        }
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(120).collect()
}

/// Whether a text is as recorded; placeholders stand for the parts that change.
fn matches(expected: &str, found: &str, port: u16) -> bool {
    if !expected.contains('{') {
        return expected == found;
    }
    let mut pattern = regex::escape(expected);
    for (placeholder, stands_for) in [
        ("{DATE}", r"[A-Za-z0-9:,+. \-]+"),
        (
            "{GUID}",
            "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        ),
        ("{TRACE-ID}", "[0-9a-f]{32}"),
        ("{SPAN-ID}", "[0-9a-f]{16}"),
        ("{PORT}", port.to_string().as_str()),
    ] {
        pattern = pattern.replace(&regex::escape(placeholder), stands_for);
    }
    Regex::new(&format!("^(?s:{pattern})$"))
        .unwrap()
        .is_match(found)
}
