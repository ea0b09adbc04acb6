"""Makes every REST call of Microsoft's package and marks each one for the recorder."""

import json
import sys
import time
import urllib.request

from azure.core.credentials import AccessToken, AzureKeyCredential
from azure.core.pipeline.transport import RequestsTransport
from azure.messaging.webpubsubservice import WebPubSubServiceClient

inputs = json.loads(sys.argv[1])
endpoint, key, hub = inputs["endpoint"], inputs["key"], inputs["hub"]
group, user, connection = inputs["group"], inputs["user"], inputs["connection"]
to_many = {"excluded": inputs["excluded"], "filter": inputs["filter"]}
closing = {"reason": inputs["reason"], "excluded": inputs["excluded"]}
text = {"message": inputs["text"], "content_type": "text/plain"}


class Downgrade(RequestsTransport):
    """Sends https requests over http: the package refuses a bearer credential over http."""

    def send(self, request, **kwargs):
        request.url = request.url.replace("https:", "http:", 1)
        return super().send(request, **kwargs)


class Entra:
    def get_token(self, *scopes, **kwargs):
        return AccessToken("entra", int(time.time()) + 3600)


client = WebPubSubServiceClient(endpoint, hub, AzureKeyCredential(key))
with_credential = WebPubSubServiceClient(
    endpoint.replace("http:", "https:"), hub, Entra(), transport=Downgrade()
)

operations = {
    "send_text_to_all": lambda: client.send_to_all(**text, **to_many),
    "send_json_to_group": lambda: client.send_to_group(
        group, inputs["json"], content_type="application/json", **to_many
    ),
    "send_binary_to_user": lambda: client.send_to_user(
        user,
        bytes(inputs["binary"]),
        content_type="application/octet-stream",
        filter=inputs["filter"],
    ),
    "send_text_to_connection": lambda: client.send_to_connection(connection, **text),
    "close_all_connections": lambda: client.close_all_connections(**closing),
    "close_group_connections": lambda: client.close_group_connections(group, **closing),
    "close_user_connections": lambda: client.close_user_connections(user, **closing),
    "close_connection": lambda: client.close_connection(connection, reason=inputs["reason"]),
    "connection_exists": lambda: client.connection_exists(connection),
    "group_exists": lambda: client.group_exists(group),
    "user_exists": lambda: client.user_exists(user),
    "list_connections_in_group": lambda: list(
        client.list_connections(group=group, top=2, maxpagesize=1, continuation_token_parameter="first")
    ),
    "add_connection_to_group": lambda: client.add_connection_to_group(group, connection),
    "remove_connection_from_group": lambda: client.remove_connection_from_group(group, connection),
    "remove_connection_from_all_groups": lambda: client.remove_connection_from_all_groups(connection),
    "add_user_to_group": lambda: client.add_user_to_group(group, user),
    "remove_user_from_group": lambda: client.remove_user_from_group(group, user),
    "remove_user_from_all_groups": lambda: client.remove_user_from_all_groups(user),
    "grant_permission": lambda: client.grant_permission("sendToGroup", connection, target_name=group),
    "revoke_permission": lambda: client.revoke_permission("joinLeaveGroup", connection, target_name=group),
    "has_permission": lambda: client.has_permission("sendToGroup", connection, target_name=group),
    "generate_token": lambda: with_credential.get_client_access_token(
        user_id=user,
        roles=[inputs["role"]],
        groups=inputs["groups"],
        minutes_to_expire=5,
        client_protocol="MQTT",
    ),
}

for name, run in operations.items():
    urllib.request.urlopen(f"{endpoint}/mark/{name}").read()
    run()
