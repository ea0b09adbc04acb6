//! How far the build of the page is, and the page that says so. It reloads itself until the real
//! page is there.

use std::sync::{Mutex, PoisonError};

use devhost::SiteReply;

pub(super) const STYLE_PATH: &str = "/dev/progress.css";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    Installing,
    Building,
    Built,
    /// With the output of the program that failed.
    Failed(String),
    NodeMissing,
}

/// Shared by the build and the page.
#[derive(Debug)]
pub(in crate::command::dev) struct Progress(Mutex<State>);

impl Progress {
    pub(in crate::command::dev) fn built() -> Self {
        Self(Mutex::new(State::Built))
    }

    pub(in crate::command::dev) fn not_built() -> Self {
        Self(Mutex::new(State::Building))
    }

    pub(super) fn state(&self) -> State {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn set(&self, state: State) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }
}

pub(super) const NODE_MISSING: &str = "The page needs Node.js 20 or newer to be built: install it \
    from https://nodejs.org and start again, or leave the page out with --no-web.";

pub(super) fn page(state: &State) -> SiteReply {
    let (title, detail, output) = match state {
        State::Installing => (
            "Installing the page's packages",
            "This happens once. Everything else is ready already; the page appears by itself.",
            "",
        ),
        State::Building | State::Built => (
            "Building the page",
            "Everything else is ready already; the page appears by itself.",
            "",
        ),
        State::Failed(output) => (
            "The page could not be built",
            "Everything else works. Correct the error below and start again.",
            output.as_str(),
        ),
        State::NodeMissing => ("The page is not built", NODE_MISSING, ""),
    };
    let output = match output {
        "" => String::new(),
        output => format!("<pre>{}</pre>\n", escape(output)),
    };
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} · Switchboard</title>\n<link rel=\"stylesheet\" href=\"{STYLE_PATH}\">\n\
         <main>\n<h1>{title}</h1>\n<p>{detail}</p>\n{output}</main>\n</html>\n"
    );
    let reply = SiteReply::new(503, html)
        .with("Content-Type", "text/html; charset=utf-8")
        .with("Cache-Control", "no-store");
    match state {
        State::Installing | State::Building | State::Built => reply.with("Refresh", "1"),
        State::Failed(_) | State::NodeMissing => reply,
    }
}

pub(super) fn style() -> SiteReply {
    SiteReply::new(200, STYLE)
        .with("Content-Type", "text/css; charset=utf-8")
        .with("Cache-Control", "no-cache")
}

const STYLE: &str = "\
:root { color-scheme: light dark; font: 1rem/1.6 system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 2rem; }
main { max-width: 46rem; }
h1 { font-size: 1.25rem; font-weight: 600; margin: 0 0 .5rem; }
p { margin: 0; opacity: .75; }
pre { margin: 1.5rem 0 0; padding: 1rem; overflow: auto; font-size: .8125rem; border: 1px solid; \
border-radius: .5rem; }
";

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_output_of_a_failed_build_is_shown_as_text() {
        let reply = page(&State::Failed(
            "<script>alert(1)</script> & so on".to_owned(),
        ));

        let html = String::from_utf8(reply.body.to_vec()).unwrap();
        assert!(html.contains("<pre>&lt;script&gt;alert(1)&lt;/script&gt; &amp; so on</pre>"));
        assert!(!reply.headers.iter().any(|(name, _)| *name == "Refresh"));
    }
}
