//! The report, for people and for programs.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use super::finding::{Finding, Outcome};
use crate::config;

#[derive(Debug, Default, Serialize)]
pub(super) struct Summary {
    errors: usize,
    warnings: usize,
    ok: usize,
    skipped: usize,
}

impl Summary {
    pub(super) fn of(findings: &[Finding]) -> Self {
        let mut summary = Self::default();
        for finding in findings {
            *match finding.outcome {
                Outcome::Ok => &mut summary.ok,
                Outcome::Skipped => &mut summary.skipped,
                Outcome::Warning => &mut summary.warnings,
                Outcome::Error => &mut summary.errors,
            } += 1;
        }
        summary
    }

    /// Whether CI should go on.
    pub(super) fn is_healthy(&self, strict: bool) -> bool {
        self.errors == 0 && (self.warnings == 0 || !strict)
    }
}

pub(super) fn print_json(findings: &[Finding]) -> io::Result<()> {
    #[derive(Serialize)]
    struct Report<'a> {
        version: &'static str,
        summary: Summary,
        findings: &'a [Finding],
    }
    let report = Report {
        version: env!("CARGO_PKG_VERSION"),
        summary: Summary::of(findings),
        findings,
    };
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &report)?;
    writeln!(out)
}

/// One line for each finding, and two more for a fault.
pub(super) fn print(findings: &[Finding]) -> io::Result<()> {
    let paint = Paint::for_stdout();
    let width = findings.iter().map(|f| f.check.len()).max().unwrap_or(0);
    let mut out = io::stdout().lock();
    for finding in findings {
        let label = paint.label(finding.outcome);
        let code = finding.code.map(|code| format!(" [{code}]"));
        let (check, what) = (finding.check, &finding.what);
        let code = code.unwrap_or_default();
        writeln!(out, "  {label}  {check:width$}  {what}{code}")?;
        let indent = 2 + 7 + 2 + width + 2;
        if let Some(why) = finding.why {
            writeln!(out, "{:indent$}why: {why}", "")?;
        }
        if let Some(fix) = &finding.fix {
            writeln!(out, "{:indent$}fix: {fix}", "")?;
        }
    }
    let Summary {
        errors,
        warnings,
        ok,
        skipped,
    } = Summary::of(findings);
    let count = |number, one: &str| match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {one}s"),
    };
    let (errors, warnings) = (count(errors, "error"), count(warnings, "warning"));
    writeln!(out, "\n{errors}, {warnings}, {ok} ok, {skipped} skipped")
}

/// Colours, for terminals alone.
struct Paint(bool);

impl Paint {
    /// <https://no-color.org>: any value but an empty one turns colours off.
    fn for_stdout() -> Self {
        let refused = config::environment("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self(!refused && io::stdout().is_terminal())
    }

    /// Of one width, so that the lines are aligned.
    fn label(&self, outcome: Outcome) -> String {
        let label = outcome.label();
        if !self.0 {
            return format!("{label:7}");
        }
        let colour = match outcome {
            Outcome::Ok => 32,
            Outcome::Skipped => 90,
            Outcome::Warning => 33,
            Outcome::Error => 31,
        };
        format!("\u{1b}[{colour}m{label:7}\u{1b}[0m")
    }
}
