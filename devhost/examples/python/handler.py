#!/usr/bin/env python3
import json, os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):  # forwarded as the caller sent it
        self.answer("text/plain", f"Python was asked for {self.path}")

    def do_POST(self):  # an invocation: JSON, in chunks
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size + 2)[:-2]
        self.rfile.readline()
        text = json.loads(json.loads(body)["Data"]["msg"])
        self.answer("application/json", json.dumps({"Logs": [f"Python got {text}"]}))

    def answer(self, kind, text):
        self.wfile.write(f"HTTP/1.0 200 OK\r\nContent-Type: {kind}\r\n\r\n{text}".encode())

port = int(os.environ["FUNCTIONS_CUSTOMHANDLER_PORT"])
ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
