// Makes every REST call with Microsoft's package and marks each one for the recorder.
import { createDefaultHttpClient } from "@azure/core-rest-pipeline";
import { AzureKeyCredential, WebPubSubServiceClient } from "@azure/web-pubsub";

const { endpoint, key, hub, group, user, connection, text, json, binary, excluded, filter, reason, ttl, role, groups } =
  JSON.parse(process.argv[2]);

const client = new WebPubSubServiceClient(endpoint, new AzureKeyCredential(key), hub, {
  allowInsecureConnection: true,
});
const room = client.group(group);

// The package refuses a bearer credential over http, so this client rewrites https to http.
const http = createDefaultHttpClient();
const withCredential = new WebPubSubServiceClient(
  endpoint.replace("http:", "https:"),
  { getToken: async () => ({ token: "entra", expiresOnTimestamp: Date.now() + 3_600_000 }) },
  hub,
  {
    httpClient: {
      sendRequest(request) {
        request.url = request.url.replace("https:", "http:");
        request.allowInsecureConnection = true;
        return http.sendRequest(request);
      },
    },
  },
);

const operations = {
  send_text_to_all: () =>
    client.sendToAll(text, { contentType: "text/plain", excludedConnections: excluded, filter, messageTtlSeconds: ttl }),
  send_json_to_group: () => room.sendToAll(json, { excludedConnections: excluded, filter, messageTtlSeconds: ttl }),
  send_binary_to_user: () => client.sendToUser(user, Uint8Array.from(binary), { filter, messageTtlSeconds: ttl }),
  send_text_to_connection: () =>
    client.sendToConnection(connection, text, { contentType: "text/plain", messageTtlSeconds: ttl }),
  close_all_connections: () => client.closeAllConnections({ reason, excluded }),
  close_group_connections: () => room.closeAllConnections({ reason, excluded }),
  close_user_connections: () => client.closeUserConnections(user, { reason, excluded }),
  close_connection: () => client.closeConnection(connection, { reason }),
  connection_exists: () => client.connectionExists(connection),
  group_exists: () => client.groupExists(group),
  user_exists: () => client.userExists(user),
  list_connections_in_group: async () => {
    const pages = await room.listConnections({ maxPageSize: 1, top: 2, continuationToken: "first" });
    for await (const _ of pages);
  },
  add_connection_to_group: () => room.addConnection(connection),
  remove_connection_from_group: () => room.removeConnection(connection),
  remove_connection_from_all_groups: () => client.removeConnectionFromAllGroups(connection),
  add_user_to_group: () => room.addUser(user),
  remove_user_from_group: () => room.removeUser(user),
  remove_user_from_all_groups: () => client.removeUserFromAllGroups(user),
  add_connections_to_groups: () => client.addConnectionsToGroups(groups, filter),
  remove_connections_from_groups: () => client.removeConnectionsFromGroups(groups, filter),
  grant_permission: () => client.grantPermission(connection, "sendToGroup", { targetName: group }),
  revoke_permission: () => client.revokePermission(connection, "joinLeaveGroup", { targetName: group }),
  has_permission: () => client.hasPermission(connection, "sendToGroup", { targetName: group }),
  // The package has no public method for this, but its generated client does.
  health: () => client.client.healthApi.getServiceStatus(),
  generate_token: () =>
    withCredential.getClientAccessToken({
      userId: user, roles: [role], groups, expirationTimeInMinutes: 5, clientProtocol: "mqtt",
    }),
};

for (const [name, run] of Object.entries(operations)) {
  await fetch(`${endpoint}/mark/${name}`);
  await run();
}
