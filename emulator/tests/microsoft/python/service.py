"""Every method of `azure-messaging-webpubsubservice`'s client, seen from the clients that it concerns."""

import json

from azure.core.exceptions import ResourceNotFoundError
from azure.messaging.webpubsubservice import WebPubSubServiceClient
from websocket import ABNF, create_connection

from session import HUB, connection_string

service = WebPubSubServiceClient.from_connection_string(connection_string(), hub=HUB)


class Client:
    def __init__(self, user_id, groups=()):
        token = service.get_client_access_token(user_id=user_id, groups=list(groups))
        self.socket = create_connection(token["url"], subprotocols=["json.webpubsub.azure.v1"], timeout=10)
        self.id = self.next()["connectionId"]

    def next(self):
        return json.loads(self.socket.recv())

    def hears(self, data, data_type="text"):
        frame = self.next()
        assert (frame["dataType"], frame["data"]) == (data_type, data), frame

    def is_closed(self, reason=""):
        frame = self.next()
        assert frame["event"] == "disconnected" and reason in frame["message"], frame
        opcode, data = self.socket.recv_data()
        assert opcode == ABNF.OPCODE_CLOSE and int.from_bytes(data[:2], "big") == 1000, (opcode, data)


ann, bob = Client("ann", ["lobby"]), Client("bob")

# Every kind of sending.
service.send_to_all("hello", content_type="text/plain")
ann.hears("hello")
bob.hears("hello")
service.send_to_all({"a": [1, "ü"]}, filter="userId eq 'ann' and 'lobby' in groups")
ann.hears({"a": [1, "ü"]}, "json")
service.send_to_all(b"\0\1\2", content_type="application/octet-stream", excluded=[bob.id])
ann.hears("AAEC", "binary")
service.send_to_user("bob", "to bob", content_type="text/plain")
bob.hears("to bob")
service.send_to_connection(ann.id, "to ann", content_type="text/plain")
ann.hears("to ann")

# Groups.
ROOM = "r 1+é"
service.add_connection_to_group(ROOM, ann.id)
service.add_user_to_group(ROOM, "bob")
assert service.group_exists(ROOM)
service.send_to_group(ROOM, "in the room", content_type="text/plain", excluded=[ann.id])
bob.hears("in the room")
assert {member.user_id for member in service.list_connections(group=ROOM)} == {"ann", "bob"}
assert len(list(service.list_connections(group=ROOM, top=1))) == 1
service.remove_connection_from_group(ROOM, ann.id)
service.remove_user_from_group(ROOM, "bob")
assert not service.group_exists(ROOM)
service.add_user_to_group(ROOM, "bob")
service.remove_user_from_all_groups("bob")
service.remove_connection_from_all_groups(ann.id)
assert not service.group_exists(ROOM) and not service.group_exists("lobby")
try:
    service.add_connection_to_group(ROOM, "none")
    raise AssertionError("there is no such connection")
except ResourceNotFoundError:
    pass

# Permissions.
assert not service.has_permission("sendToGroup", ann.id, target_name="lobby")
service.grant_permission("sendToGroup", ann.id, target_name="lobby")
assert service.has_permission("sendToGroup", ann.id, target_name="lobby")
service.revoke_permission("sendToGroup", ann.id, target_name="lobby")
assert not service.has_permission("sendToGroup", ann.id, target_name="lobby")

# Existence checks and closing.
assert service.user_exists("bob") and service.connection_exists(ann.id)
service.close_connection(ann.id, reason="see you")
ann.is_closed("see you")
assert not service.connection_exists(ann.id)
service.close_user_connections("bob")
bob.is_closed()
assert not service.user_exists("bob")
eve, dan = Client("eve", ["g"]), Client("dan")
service.close_group_connections("g")
eve.is_closed()
service.close_all_connections()
dan.is_closed()
