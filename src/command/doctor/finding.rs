//! What a check found.

use serde::Serialize;

use super::faults::Fault;

/// Longer text, for instance from a server that is not ours, is cut.
const MAX_TEXT: usize = 600;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Outcome {
    Ok,
    Skipped,
    Warning,
    Error,
}

impl Outcome {
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Skipped => "skipped",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One line of the report.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Finding {
    pub(super) check: &'static str,
    pub(super) outcome: Outcome,
    /// The fault, as `docs/doctor.md` names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<&'static str>,
    /// What was found.
    pub(super) what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) why: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fix: Option<String>,
}

impl Finding {
    pub(super) fn ok(check: &'static str, what: impl Into<String>) -> Self {
        Self::without_fault(check, Outcome::Ok, what.into())
    }

    /// Nothing was checked, for this reason.
    pub(super) fn skipped(check: &'static str, reason: impl Into<String>) -> Self {
        Self::without_fault(check, Outcome::Skipped, reason.into())
    }

    pub(super) fn warning(check: &'static str, fault: &Fault, what: impl Into<String>) -> Self {
        Self::with_fault(check, Outcome::Warning, fault, what.into())
    }

    pub(super) fn error(check: &'static str, fault: &Fault, what: impl Into<String>) -> Self {
        Self::with_fault(check, Outcome::Error, fault, what.into())
    }

    /// Fills in a placeholder of the fix, such as `<queue>`.
    pub(super) fn fill(mut self, placeholder: &str, value: &str) -> Self {
        if let Some(fix) = &mut self.fix {
            *fix = fix.replace(&format!("<{placeholder}>"), &printable(value));
        }
        self
    }

    fn without_fault(check: &'static str, outcome: Outcome, what: String) -> Self {
        Self {
            check,
            outcome,
            code: None,
            what: printable(&what),
            why: None,
            fix: None,
        }
    }

    fn with_fault(check: &'static str, outcome: Outcome, fault: &Fault, what: String) -> Self {
        Self {
            check,
            outcome,
            code: Some(fault.code),
            what: printable(&what),
            why: Some(fault.why),
            fix: Some(fault.fix.to_owned()),
        }
    }
}

/// Text of others, safe for a terminal: without control characters, and not too long.
pub(super) fn printable(text: &str) -> String {
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut printable: String = clean.take(MAX_TEXT).collect();
    if text.chars().nth(MAX_TEXT).is_some() {
        printable.push('…');
    }
    printable
}

/// An error with its causes, in one line.
pub(super) fn explain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        // Wrappers often repeat what they wrap.
        if !text.contains(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_cannot_control_the_terminal() {
        let text = printable("a\u{1b}[31mred\nnext\r");

        assert_eq!(text, "a [31mred next ");
        assert_eq!(printable(&"x".repeat(5000)).chars().count(), MAX_TEXT + 1);
    }
}
