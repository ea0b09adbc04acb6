// The tools of the scenarios. Nothing here needs Node, so that a browser can run them, too.
import { Switchboard } from '@switchboard/client';

export class World {
  // `api`, `connectionString`, `apiToken`, `secrets` and `details`: see the Rust test.
  constructor(description) {
    Object.assign(this, description);
    this.emulator = /Endpoint=([^;]+)/.exec(description.connectionString)[1].replace(/\/$/, '');
  }

  // A client of this server. What it reports is kept in `entries` and `errors`.
  connect(options = {}) {
    const switchboard = new Switchboard({ api: this.api, ...options });
    switchboard.entries = [];
    switchboard.errors = [];
    switchboard.on('inspect', (entry) => switchboard.entries.push(entry));
    switchboard.on('error', (error) => switchboard.errors.push(error.code));
    return switchboard;
  }

  // A client with a sign-in that lasts for an hour.
  async signIn(userId, claims = {}) {
    const token = await this.token(userId, 3600, claims);
    return this.connect({ getToken: () => token });
  }

  // A token as an identity provider makes it.
  async token(userId, seconds, claims = {}) {
    const now = Math.floor(Date.now() / 1000);
    const payload = { sub: userId, iat: now, exp: now + seconds, ...claims };
    const text = [{ alg: 'HS256', typ: 'JWT' }, payload].map((part) => base64url(JSON.stringify(part)));
    const key = await crypto.subtle.importKey(
      'raw',
      new TextEncoder().encode(this.secrets.jwt_secret),
      { name: 'HMAC', hash: 'SHA-256' },
      false,
      ['sign'],
    );
    const data = new TextEncoder().encode(text.join('.'));
    const signature = new Uint8Array(await crypto.subtle.sign('HMAC', key, data));
    return [...text, base64url(String.fromCharCode(...signature))].join('.');
  }

  // A call with the rights of a back end.
  async backEnd(method, path, body) {
    const response = await fetch(`${this.api}/${path}`, {
      method,
      headers: { Authorization: `Bearer ${this.apiToken}`, 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  // A call of the emulator's control API.
  async control(method, path) {
    const response = await fetch(`${this.emulator}/emulator/${path}`, { method });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  // The service's connection of a user who has only one.
  async connectionOf(userId) {
    const { connections } = await this.control('GET', 'connections');
    return connections.find((connection) => connection.userId === userId)?.connectionId;
  }
}

const base64url = (text) => btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

// Waits until the condition holds. The limit is only there to end a test that has failed.
export const until = async (what, condition, seconds = 60) => {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`never: ${what}`);
    await new Promise((again) => setTimeout(again, 10));
  }
};

export const ready = async (...objects) => {
  for (const object of objects) {
    await until('ready', () => ['ready', 'failed'].includes(object.snapshot.status));
    if (object.snapshot.status === 'failed') throw object.snapshot.error;
  }
};

export const contents = (conversation) => conversation.snapshot.messages.map(({ content }) => content);
export const seqs = (conversation) => conversation.snapshot.messages.map(({ seq }) => seq);
export const count = (switchboard, kind) =>
  switchboard.entries.filter((entry) => entry.kind === kind).length;
export const statuses = (switchboard) =>
  switchboard.entries.filter(({ kind }) => kind === 'status').map(({ status }) => status);
