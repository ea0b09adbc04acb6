"""For comparison: the same two calls on FastAPI with Microsoft's package. The package has no event
handler, so this code verifies the signature itself, like Microsoft's samples."""

import hashlib
import hmac
import json
import os

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from fastapi import FastAPI, Request, Response

CONNECTION_STRING = os.environ["AZURE_WEB_PUBSUB_CONNECTION_STRING"]
KEY = CONNECTION_STRING.split("AccessKey=")[1].split(";")[0].encode()
service = WebPubSubServiceClient.from_connection_string(CONNECTION_STRING, hub="ViewerHub")
app = FastAPI()


@app.get("/api/negotiate")
async def negotiate(room_id: str, username: str):
    roles = [f"webpubsub.joinLeaveGroup.{room_id}", f"webpubsub.sendToGroup.{room_id}"]
    token = service.get_client_access_token(user_id=username, roles=roles, groups=[room_id])
    answer = {"url": token["url"], "userId": username, "roles": roles}
    return answer | {"hub": "ViewerHub", "room": room_id, "expiresIn": 3600}


@app.post("/api/message_event/")
async def message_event(request: Request):
    connection = request.headers["ce-connectionid"].encode()
    expected = "sha256=" + hmac.new(KEY, connection, hashlib.sha256).hexdigest()
    signatures = request.headers["ce-signature"].split(",")
    if not any(hmac.compare_digest(expected, signature) for signature in signatures):
        return Response(status_code=401)
    frame = json.loads(await request.body())
    return {"type": "pong", "timestamp": frame["timestamp"]}
