"""Mints a client token for each request on stdin, verifies ours, and prints the tokens as JSON."""

import json
import sys

import jwt
from azure.core.credentials import AzureKeyCredential
from azure.messaging.webpubsubservice import WebPubSubServiceClient

answers = []
for request in json.load(sys.stdin):
    client = WebPubSubServiceClient(
        request["endpoint"], request["hub"], AzureKeyCredential(request["key"])
    )
    theirs = client.get_client_access_token(
        user_id=request["user"],
        roles=request["roles"],
        groups=request["groups"],
        minutes_to_expire=request["minutes"],
        client_protocol=request["protocol"],
    )
    claims = jwt.decode(theirs["token"], options={"verify_signature": False})
    # Raises unless our token's signature, algorithm, audience and expiry are valid.
    jwt.decode(request["token"], request["key"], algorithms=["HS256"], audience=claims["aud"])
    answers.append({name: theirs[name] for name in ("baseUrl", "url", "token")})
json.dump(answers, sys.stdout)
