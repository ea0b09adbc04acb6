//! The output of `dev` on the terminal.

use std::fmt::Display;
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use devhost::{Call, HostEvent};

use super::printer::Printer;
use super::settings::{DevSettings, Service};

pub(super) struct Screen {
    base: String,
    defaults: Vec<String>,
    api_token: Option<String>,
    connection_string: Option<String>,
    /// The local account's connection string.
    storage: Option<String>,
    /// The simulated hub and its devices, as sentences.
    hub: Vec<String>,
    is_emulated: bool,
    has_page: bool,
    in_colour: bool,
    was_ready: AtomicBool,
    printer: Printer,
}

impl Screen {
    pub(super) fn new(
        settings: &DevSettings,
        host: SocketAddr,
        hub: Vec<String>,
        has_page: bool,
    ) -> Self {
        Self {
            base: format!("http://localhost:{}", host.port()),
            defaults: settings.defaults.clone(),
            api_token: settings.api_token.clone(),
            connection_string: settings.connection_string.clone(),
            storage: settings.storage.clone(),
            hub,
            is_emulated: matches!(settings.service, Service::Emulator(_)),
            has_page,
            in_colour: std::io::stdout().is_terminal(),
            was_ready: AtomicBool::new(false),
            printer: Printer::default(),
        }
    }

    pub(super) fn starting(&self, warnings: &[String]) {
        self.line(format_args!(
            "switchboard {}: everything on this machine\n",
            env!("CARGO_PKG_VERSION")
        ));
        for default in &self.defaults {
            self.line(format_args!("  default {default}"));
        }
        for warning in warnings {
            self.line(format_args!("  {} {warning}", self.yellow("warning")));
        }
        self.line(format_args!(
            "  to change these, set them in the environment or in local.settings.json\n"
        ));
    }

    pub(super) fn show(&self, event: HostEvent) {
        match event {
            HostEvent::Ready { after, .. } => {
                if self.was_ready.swap(true, Ordering::Relaxed) {
                    self.line(format_args!("{} again", self.green("ready")));
                } else {
                    self.first_ready(after.as_millis());
                }
            }
            HostEvent::HandlerExited(exit) => {
                self.line(format_args!(
                    "{}: the handler exited {exit}",
                    self.yellow("warning")
                ));
            }
            HostEvent::Restarting { failures } => {
                self.line(format_args!(
                    "restarting the handler ({failures} of 3 failures within half an hour)"
                ));
            }
            HostEvent::Stdout(text) => self.line(text),
            HostEvent::Stderr { line: text, .. } => self.line(self.yellow(&text)),
            HostEvent::Called(call) => self.called(&call),
            HostEvent::Notice(sentence) => self.line(sentence),
            HostEvent::Log {
                function,
                line: text,
                ..
            } => self.line(format_args!("{function}: {text}")),
            _ => {}
        }
    }

    fn first_ready(&self, milliseconds: u128) {
        let base = &self.base;
        if self.has_page {
            self.line(format_args!("  Page        {base}/"));
        }
        self.line(format_args!("  Functions   {base}/api/negotiate"));
        if let Some(connection_string) =
            self.connection_string.as_ref().filter(|_| self.is_emulated)
        {
            self.line(format_args!("  Web PubSub  {connection_string}"));
        } else {
            self.line(format_args!(
                "  Web PubSub  from your settings; its webhooks reach this machine only through a tunnel"
            ));
        }
        for sentence in &self.hub {
            self.line(format_args!("  {sentence}"));
        }
        if let Some(token) = &self.api_token {
            self.line(format_args!("  API token   {token}"));
        }
        if let Some(storage) = &self.storage {
            self.line(format_args!("  Storage     {storage}"));
        }
        self.line(format_args!(
            "  try         curl \"{base}/api/negotiate?room_id=test&username=alice&role=writer\"\n"
        ));
        self.line(format_args!(
            "{} after {milliseconds} ms; Ctrl-C stops it",
            self.green("ready")
        ));
    }

    /// Prints one line for each call, without the query, which may contain secrets.
    fn called(&self, call: &Call) {
        let milliseconds = call.elapsed.as_secs_f64() * 1000.0;
        let status = match call.status {
            400.. => self.yellow(&call.status.to_string()),
            _ => call.status.to_string(),
        };
        let why = call.failure.as_deref().unwrap_or_default();
        self.line(format_args!(
            "{} {} {status} {milliseconds:.1} ms {why}",
            call.method, call.path
        ));
    }

    /// The address of the page.
    pub(super) fn page_address(&self) -> String {
        format!("{}/", self.base)
    }

    /// Prints how far the build of the page is.
    pub(super) fn page(&self, text: &str) {
        self.line(format_args!("page: {text}"));
    }

    pub(super) fn stopping(&self) {
        self.line("stopped");
    }

    /// Prints what the other methods add, until it is dropped.
    pub(super) async fn run(&self) {
        self.printer.run().await;
    }

    /// Prints the rest.
    pub(super) fn flush(&self) {
        self.printer.flush();
    }

    fn line(&self, text: impl Display) {
        self.printer.line(text);
    }

    fn green(&self, text: &str) -> String {
        self.coloured("32", text)
    }

    fn yellow(&self, text: &str) -> String {
        self.coloured("33", text)
    }

    fn coloured(&self, code: &str, text: &str) -> String {
        if self.in_colour {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}
