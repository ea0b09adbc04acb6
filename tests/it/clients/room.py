"""Microsoft's Python clients in a room: one may write, the other may only read."""

import json
import sys
import threading
import urllib.request

from azure.messaging.webpubsubclient import WebPubSubClient
from azure.messaging.webpubsubclient.models import CallbackType, SendMessageError, WebPubSubDataType


def negotiate(query):
    with urllib.request.urlopen(f"{sys.argv[1]}/api/negotiate?{query}") as answer:
        return json.load(answer)["url"]


writer = WebPubSubClient(negotiate("room_id=myroom&username=alice&role=writer"), message_retry_total=0)
reader = WebPubSubClient(negotiate("room_id=myroom&username=bob"), message_retry_total=0)
heard, arrived = [], threading.Event()


def on_message(message):
    heard.append({"data": message.data, "group": message.group})
    arrived.set()


reader.subscribe(CallbackType.GROUP_MESSAGE, on_message)
with writer, reader:
    writer.join_group("myroom")
    reader.join_group("myroom")
    writer.send_to_group("myroom", {"type": "chat", "message": "Hello!"}, WebPubSubDataType.JSON)
    arrived.wait(20)
    try:
        reader.send_to_group("myroom", {"type": "chat"}, WebPubSubDataType.JSON)
        refusal = "none"
    except SendMessageError as error:
        refusal = error.error_detail.name if error.error_detail else str(error)
print(json.dumps({"heard": heard, "refusal": refusal}))
