// The actors of a scenario: WebSocket clients, REST calls and an event handler. All of them note what they receive.
import { createHmac } from 'node:crypto';
import { createServer, request } from 'node:http';
import WebSocket from 'ws';

import { normalised, readable } from './notes.mjs';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const base64url = (value) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** Headers that say nothing about the protocol, or are new each time. */
const UNNOTED_HEADERS = [
  'host',
  'connection',
  'accept-encoding',
  'user-agent',
  'x-ms-client-request-id',
  'traceparent',
];
/** Claims that are new each time. */
const UNNOTED_CLAIMS = ['iat', 'exp', 'nbf', 'aud'];

export class Player {
  /** Answers an event: (name, body) => { status?, headers?, body? } | undefined. */
  hook = undefined;
  notes = [];
  ids = [];

  constructor(name) {
    this.name = name;
    // In the recording only this scenario had a handler that was not validated before.
    this.notesValidation = name === 'json events and replies';
  }

  async startHandler() {
    const server = createServer((received, response) => {
      const chunks = [];
      received
        .on('data', (chunk) => chunks.push(chunk))
        .on('end', () => this.#handle(received, Buffer.concat(chunks), response));
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    return server.address().port;
  }

  target(connectionString) {
    const part = (name) => new RegExp(`${name}=([^;]+)`, 'i').exec(connectionString)[1];
    this.endpoint = part('Endpoint').replace(/\/$/, '');
    this.key = part('AccessKey');
  }

  async play(scenario) {
    try {
      await scenario(this);
    } catch (error) {
      this.note({ failed: String(error) });
    }
    await sleep(250);
    return normalised(this.notes, this.ids);
  }

  note(what) {
    this.notes.push(what);
  }

  sleep(ms) {
    return sleep(ms);
  }

  #know(id) {
    if (id && !this.ids.includes(id)) this.ids.push(id);
  }

  #handle(received, body, response) {
    const event = received.headers['ce-eventname'];
    this.#know(received.headers['ce-connectionid']);
    const answer =
      received.method === 'OPTIONS' ? { headers: { 'WebHook-Allowed-Origin': '*' } } : (this.hook?.(event, body) ?? {});
    if (received.method !== 'OPTIONS' || this.notesValidation) {
      const headers = Object.fromEntries(
        Object.entries(received.headers).filter(([name]) => !UNNOTED_HEADERS.includes(name)),
      );
      let seen = readable(body);
      if (event === 'connect') {
        seen = JSON.parse(seen);
        delete seen.headers;
        delete seen.query?.access_token;
        for (const claim of UNNOTED_CLAIMS) delete seen.claims?.[claim];
        delete headers['content-length'];
      }
      this.note({ hook: `${received.method} ${received.url}`, headers, body: seen });
      this.note({ answered: answer.status ?? 200, headers: answer.headers, body: answer.body });
    }
    response.writeHead(answer.status ?? 200, answer.headers).end(answer.body);
  }

  /** A token signed with the access key. */
  token(claims) {
    const expires = Math.floor(Date.now() / 1000) + 3600;
    const signed = `${base64url({ alg: 'HS256', typ: 'JWT' })}.${base64url({ exp: expires, ...claims })}`;
    return `${signed}.${createHmac('sha256', this.key).update(signed).digest('base64url')}`;
  }

  get webSocketEndpoint() {
    return this.endpoint.replace('http', 'ws');
  }

  url({ hub = 'bare', user = 'ann', roles, groups, claims, query = '' } = {}) {
    const token = this.token({
      aud: `${this.endpoint}/client/hubs/${hub}`,
      ...(user === null ? {} : { sub: user }),
      ...(roles ? { role: roles } : {}),
      ...(groups ? { 'webpubsub.group': groups } : {}),
      ...claims,
    });
    return `${this.webSocketEndpoint}/client/hubs/${hub}?access_token=${token}${query}`;
  }

  /** Opens a socket and waits until it is open or refused. */
  async open(name, protocol, options) {
    const socket = new WebSocket(options?.url ?? this.url(options), protocol ? [protocol] : []);
    const client = { socket, name };
    socket.on('message', (message, isBinary) => {
      let frame = isBinary ? { base64: message.toString('base64') } : message.toString();
      try {
        if (!isBinary) frame = JSON.parse(frame);
      } catch {
        // Text for a simple client.
      }
      if (frame.connectionId) {
        this.#know(frame.connectionId);
        client.id = frame.connectionId;
      }
      if (frame.reconnectionToken) client.reconnectionToken = frame.reconnectionToken;
      this.note({ [`${name} <`]: frame });
    });
    socket.on('close', (code, reason) =>
      this.note({ [`${name} closed`]: code, ...(reason.length ? { reason: reason.toString() } : {}) }),
    );
    socket.on('error', () => {});
    await new Promise((resolve) => {
      socket.on('open', resolve);
      socket.on('close', resolve);
      socket.on('unexpected-response', (_, response) => {
        const chunks = [];
        response
          .on('data', (chunk) => chunks.push(chunk))
          .on('end', () => {
            this.note({ [`${name} refused`]: response.statusCode, body: readable(Buffer.concat(chunks)) });
            resolve();
          });
      });
    });
    await sleep(150);
    return client;
  }

  /** A client's URL to go on with its connection. */
  recoveryUrl({ id, reconnectionToken }) {
    return `${this.webSocketEndpoint}/client/hubs/bare?awps_connection_id=${id}&awps_reconnection_token=${reconnectionToken}`;
  }

  async send(client, frame, ms = 200) {
    const raw = Buffer.isBuffer(frame);
    this.note({ [`${client.name} >`]: raw ? { base64: frame.toString('base64') } : frame });
    if (client.socket.readyState === WebSocket.OPEN) {
      client.socket.send(raw || typeof frame === 'string' ? frame : JSON.stringify(frame));
    }
    await sleep(ms);
  }

  async close(client) {
    client.socket.close(1000, 'bye');
    await sleep(200);
  }

  /** `auth`: true for a token for this URL, a token, or false for none. */
  async rest(method, path, { type, data, auth = true, ms = 200 } = {}) {
    const target = `/api/hubs/${path}${path.includes('?') ? '&' : '?'}api-version=2024-12-01`;
    const asIs = data === undefined || typeof data === 'string' || Buffer.isBuffer(data);
    const payload = data === undefined ? undefined : Buffer.from(asIs ? data : JSON.stringify(data));
    const token = auth === true ? this.token({ aud: this.endpoint + target }) : auth;
    const headers = {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(type ? { 'content-type': type } : {}),
      'content-length': payload?.length ?? 0,
    };
    const got = await new Promise((resolve, reject) => {
      const call = request(this.endpoint + target, { method, headers }, (response) => {
        const chunks = [];
        response
          .on('data', (chunk) => chunks.push(chunk))
          .on('end', () =>
            resolve({
              status: response.statusCode,
              type: response.headers['content-type'],
              code: response.headers['x-ms-error-code'],
              body: readable(Buffer.concat(chunks)),
            }),
          );
      });
      call.on('error', reject).end(payload);
    });
    this.note({
      rest: `${method} /api/hubs/${path}`,
      sent: payload === undefined ? undefined : readable(payload),
      type,
      got,
    });
    await sleep(ms);
  }
}
