//! A custom handler as careless people write it, behind the real routing of the stand-in host.

use std::fs;
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::support::fresh_folder;

/// It does what `faults` in its folder lists, each a word.
const HANDLER: &str = r#"#!/usr/bin/env python3
import json, os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

faults = open(os.path.join(os.environ["FUNCTIONS_APP_ROOT_PATH"], "faults")).read().split()

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def handle_any(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        path = self.path.split("?")[0]
        if path in ("/api/health", "/"):
            health = {"status": "ok", "version": "0", "uptimeSeconds": 1, "services": {}}
            self.answer(200, json.dumps(health).encode(), [("Content-Type", "application/json")])
        elif path.endswith("_event") and self.command == "OPTIONS":
            origin = self.headers.get("WebHook-Request-Origin", "")
            if "open" in faults:
                self.answer(200, headers=[("WebHook-Allowed-Origin", "*")])
            elif "deaf" in faults:
                self.answer(200)
            elif origin.startswith("service.example"):
                self.answer(200, headers=[("WebHook-Allowed-Origin", origin)])
            else:
                self.answer(403, b'{"code":"forbidden"}')
        elif path.endswith("_event"):
            self.answer(200 if "unsigned" in faults else 401)
        elif path == "/api/negotiate" and self.command == "OPTIONS":
            self.answer(204 if "empty" in faults else 200)
        elif path == "/api/negotiate":
            self.answer(401, b'{"code":"unauthenticated"}')
        elif path in ("/broadcast", "/assistant", "/telemetry"):
            self.answer(200, b"{}", [("Content-Type", "application/json")])
        else:
            self.answer(404)

    do_GET = do_POST = do_OPTIONS = do_HEAD = handle_any

    def log_message(self, *_):
        pass

port = int(os.environ["FUNCTIONS_CUSTOMHANDLER_PORT"])
ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
"#;

/// The app under the stand-in host. Dropping it stops both.
pub(super) struct CarelessApp {
    pub(super) base: String,
    pub(super) folder: PathBuf,
    _stop: oneshot::Sender<()>,
}

impl CarelessApp {
    /// `event_route` is the route of the function `events`.
    pub(super) async fn start(faults: &str, event_route: &str) -> Self {
        let folder = fresh_folder();
        let script = folder.join("handler");
        fs::write(&script, HANDLER).unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(folder.join("faults"), faults).unwrap();
        let host = json!({
            "version": "2.0",
            "customHandler": {
                "description": { "defaultExecutablePath": "handler" },
                "enableForwardingHttpRequest": true,
            },
        });
        fs::write(folder.join("host.json"), host.to_string()).unwrap();
        for name in [
            "health",
            "negotiate",
            "connect_event",
            "message_event",
            "events",
        ] {
            let route = if name == "events" { event_route } else { name };
            let input = json!({
                "type": "httpTrigger", "direction": "in", "name": "req",
                "authLevel": "anonymous", "route": route,
            });
            write_function(
                &folder,
                name,
                &[
                    input,
                    json!({ "type": "http", "direction": "out", "name": "res" }),
                ],
            );
        }
        let timer = json!({
            "type": "timerTrigger", "direction": "in", "name": "t", "schedule": "0 0 0 1 1 *",
        });
        write_function(&folder, "broadcast", &[timer]);
        let app = devhost::App::load(&folder, devhost::Options::default()).unwrap();
        let listener = emulator::listen((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let (ready, is_ready) = oneshot::channel();
        let ready = std::sync::Mutex::new(Some(ready));
        let events = move |event| {
            if matches!(event, devhost::HostEvent::Ready { .. })
                && let Some(ready) = ready.lock().unwrap().take()
            {
                ready.send(()).ok();
            }
        };
        tokio::spawn(devhost::run(app, listener, events, async {
            let _ = stopped.await;
        }));
        is_ready.await.unwrap();
        Self {
            base,
            folder,
            _stop: stop,
        }
    }
}

fn write_function(folder: &std::path::Path, name: &str, bindings: &[Value]) {
    fs::create_dir(folder.join(name)).unwrap();
    let function = json!({ "bindings": bindings });
    fs::write(
        folder.join(name).join("function.json"),
        function.to_string(),
    )
    .unwrap();
}
