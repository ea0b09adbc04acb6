"""`azure-messaging-webpubsubclient`: groups, events, and a socket that breaks in mid-flow, several times."""

import re
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from azure.messaging.webpubsubclient import WebPubSubClient, WebPubSubClientCredential
from azure.messaging.webpubsubclient.models import CallbackType, SendMessageError, WebPubSubDataType
from azure.messaging.webpubsubservice import WebPubSubServiceClient

from session import HUB, connection_string

ROLES = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"]
MESSAGES = 60
BREAK_AFTER = {10, 25, 26, 50}
TIMEOUT = 60


class Echo(BaseHTTPRequestHandler):
    """Says back what it is sent."""

    protocol_version = "HTTP/1.1"

    def do_OPTIONS(self):
        self.answer(200, b"", {"WebHook-Allowed-Origin": "*"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers["ce-eventname"] == "echo":
            self.answer(200, body, {"Content-Type": self.headers["content-type"]})
        else:
            self.answer(204, b"", {})

    def answer(self, status, body, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


handler = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
threading.Thread(target=handler.serve_forever, daemon=True).start()
target = connection_string(handler.server_port)
endpoint = re.search("Endpoint=([^;]+)", target)[1]
service = WebPubSubServiceClient.from_connection_string(target, hub=HUB)


def client(user_id, roles=ROLES):
    url = lambda: service.get_client_access_token(user_id=user_id, roles=roles)["url"]
    return WebPubSubClient(WebPubSubClientCredential(url), message_retry_total=1)


def drop(connection_id):
    url = f"{endpoint}/emulator/connections/{connection_id}/drop"
    urllib.request.urlopen(urllib.request.Request(url, method="POST")).close()


ann, bob, eve = client("ann"), client("bob"), client("eve", [])
seen, complete, echoed, connections = [], threading.Event(), threading.Event(), []


def collect(message):
    seen.append(message.data)
    if len(seen) == MESSAGES:
        complete.set()


bob.subscribe(CallbackType.CONNECTED, lambda connected: connections.append(connected.connection_id))
bob.subscribe(CallbackType.GROUP_MESSAGE, collect)
ann.subscribe(CallbackType.SERVER_MESSAGE, lambda message: message.data == {"x": 1} and echoed.set())

with ann, bob, eve:
    # An event and its handler's reply.
    ann.send_event("echo", {"x": 1}, WebPubSubDataType.JSON)
    assert echoed.wait(TIMEOUT)

    # Every message arrives once and in order, although the network fails repeatedly.
    bob.join_group("g")
    for number in range(MESSAGES):
        ann.send_to_group("g", str(number), WebPubSubDataType.TEXT)
        if number in BREAK_AFTER:
            drop(connections[0])
    assert complete.wait(TIMEOUT), seen
    assert seen == [str(number) for number in range(MESSAGES)], seen
    assert len(connections) == 1, "it was recovered each time"
    bob.leave_group("g")
    assert not service.group_exists("g")

    # A refused request raises an error with its name.
    try:
        eve.join_group("g")
        raise AssertionError("eve has no role")
    except SendMessageError as error:
        assert error.error_detail.name == "Forbidden", error.error_detail
