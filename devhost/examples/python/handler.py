#!/usr/bin/env python3
import json, os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):  # forwarded as the caller sent it
        self.answer("text/plain", f"Python was asked for {self.path}")

    def do_POST(self):  # an invocation: chunked JSON
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        text = json.loads(json.loads(body)["Data"]["msg"])
        self.answer("application/json", json.dumps({"Logs": [f"Python got {text}"]}))

    def answer(self, kind, text):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):  # on stderr each line would be an error
        pass


port = int(os.environ["FUNCTIONS_CUSTOMHANDLER_PORT"])
ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
