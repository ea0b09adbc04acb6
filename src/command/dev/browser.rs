//! Opens the page in the browser.

use std::process::{Command, Stdio};

use super::screen::Screen;

#[cfg(target_os = "macos")]
const OPENER: &str = "open";
#[cfg(not(target_os = "macos"))]
const OPENER: &str = "xdg-open";

/// Does not wait for the browser. If there is none, the printed address is enough.
pub(super) fn open(screen: &Screen) {
    let address = screen.page_address();
    let started = Command::new(OPENER)
        .arg(&address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if started.is_err() {
        screen.page(&format!("no browser could be started; open {address}"));
    }
}
