#!/bin/sh
# Makes the hub after the code is deployed, for a Web PubSub service that insists on an answer of its handlers
# when it saves them. Does nothing unless SWITCHBOARD_DEFER_HUB is true. azd passes the outputs of main.bicep.
set -eu

[ "${SWITCHBOARD_DEFER_HUB:-false}" = true ] || exit 0

hub() { # COMMAND
  az webpubsub hub "$1" --name "$SWITCHBOARD_WEB_PUBSUB" --resource-group "$AZURE_RESOURCE_GROUP" \
    --hub-name "$SWITCHBOARD_HUB" \
    --event-handler url-template="$SWITCHBOARD_URL/api/connect_event" \
    system-event=connect system-event=connected system-event=disconnected \
    auth-type=ManagedIdentity auth-resource="$SWITCHBOARD_WEBHOOK_AUDIENCE" \
    --event-handler url-template="$SWITCHBOARD_URL/api/message_event" user-event-pattern='*' \
    auth-type=ManagedIdentity auth-resource="$SWITCHBOARD_WEBHOOK_AUDIENCE"
}

if az webpubsub hub show --name "$SWITCHBOARD_WEB_PUBSUB" --resource-group "$AZURE_RESOURCE_GROUP" \
  --hub-name "$SWITCHBOARD_HUB" >/dev/null 2>&1; then
  hub update
else
  hub create
fi
