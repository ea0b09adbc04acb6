"""Writes a wrk script that posts a signed ping. If the handler seals connection states, it first
gets one through a connect event. usage: event.py BASE KEY SCRIPT"""

import hashlib
import hmac
import json
import sys
import urllib.error
import urllib.parse
import urllib.request

base, key, script = sys.argv[1:]
connection = "connection-1"
signature = "sha256=" + hmac.new(key.encode(), connection.encode(), hashlib.sha256).hexdigest()


def headers(family, name):
    return {
        "WebHook-Request-Origin": "localhost",
        "ce-specversion": "1.0",
        "ce-awpsversion": "1.0",
        "ce-type": f"azure.webpubsub.{family}.{name}",
        "ce-source": f"/hubs/ViewerHub/client/{connection}",
        "ce-id": "1",
        "ce-time": "2026-01-01T00:00:00Z",
        "ce-signature": f"sha256={'0' * 64},{signature}",
        "ce-connectionId": connection,
        "ce-userId": "alice",
        "ce-hub": "ViewerHub",
        "ce-eventName": name,
    }


ping = headers("user", "message") | {"Content-Type": "text/plain; charset=utf-8"}
with urllib.request.urlopen(f"{base}/api/negotiate?room_id=test&username=alice") as answer:
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(json.load(answer)["url"]).query)
if "sb" in query:
    body = json.dumps({"query": {"sb": query["sb"]}}).encode()
    connect = headers("sys", "connect") | {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{base}/api/connect_event", body, connect)
    with urllib.request.urlopen(request) as answer:
        ping["ce-connectionState"] = answer.headers["ce-connectionState"]

with open(script, "w") as lua:
    lua.write('wrk.method = "POST"\n')
    lua.write('wrk.body = \'{"type":"ping","timestamp":"2026-01-15T10:30:00Z"}\'\n')
    for name, value in ping.items():
        lua.write(f'wrk.headers["{name}"] = "{value}"\n')

frame = b'{"type":"ping","timestamp":"2026-01-15T10:30:00Z"}'
request = urllib.request.Request(f"{base}/api/message_event/", frame, ping)
with urllib.request.urlopen(request) as answer:
    pong = json.load(answer)
assert pong == {"type": "pong", "timestamp": "2026-01-15T10:30:00Z"}, pong
