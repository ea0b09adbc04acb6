#!/bin/sh
# Tells the built page where the app is, and limits what it may reach to this deployment. azd passes the outputs
# of main.bicep and runs this in web/ before it deploys dist/.
set -eu

app=${SWITCHBOARD_URL:?run azd provision first}
service=${SWITCHBOARD_WEB_PUBSUB_HOST:?}
blobs=${SWITCHBOARD_BLOBS:?}

printf '{ "api": "%s/api", "signIn": null }\n' "$app" >dist/config.json
sed "s|connect-src 'self'[^;]*;|connect-src 'self' $app wss://$service ${blobs%/};|" \
  public/staticwebapp.config.json >dist/staticwebapp.config.json
