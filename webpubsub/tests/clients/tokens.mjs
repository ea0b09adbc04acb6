// Mints a client token for each request on stdin, verifies ours, and prints the tokens as JSON.
import { readFileSync } from "node:fs";
import { AzureKeyCredential, WebPubSubServiceClient } from "@azure/web-pubsub";
import jwt from "jsonwebtoken";

const answers = [];
for (const { endpoint, key, hub, user, roles, groups, minutes, protocol, token } of JSON.parse(readFileSync(0))) {
  const client = new WebPubSubServiceClient(endpoint, new AzureKeyCredential(key), hub);
  const theirs = await client.getClientAccessToken({
    userId: user ?? undefined,
    roles: roles.length ? roles : undefined,
    groups: groups.length ? groups : undefined,
    expirationTimeInMinutes: minutes,
    clientProtocol: protocol,
  });
  const { aud } = jwt.decode(theirs.token);
  // Throws unless our token's signature, algorithm, audience and expiry are valid.
  jwt.verify(token, key, { algorithms: ["HS256"], audience: aud });
  answers.push({ baseUrl: theirs.baseUrl, url: theirs.url, token: theirs.token });
}
process.stdout.write(JSON.stringify(answers));
