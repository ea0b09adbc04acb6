// Connects a script to the Rust test that runs it: the script prints the port of its event handler, and the test
// answers with the connection string of an emulator whose hub `chat` sends its events there.
import { createInterface } from 'node:readline/promises';

import WebSocket from 'ws';

export const HUB = 'chat';

export async function connectionString(port = null) {
  console.log(JSON.stringify({ port }));
  const lines = createInterface({ input: process.stdin });
  return (await lines[Symbol.asyncIterator]().next()).value;
}

/** A listening server's port. */
export function listening(server) {
  return new Promise((resolve) => server.once('listening', () => resolve(server.address().port)));
}

/** A bare WebSocket client whose frames are waited for one by one. */
export async function rawClient(url, protocol) {
  const socket = new WebSocket(url, protocol ? [protocol] : []);
  const frames = [];
  const waiting = [];
  const deliver = (frame) => (waiting.length ? waiting.shift()(frame) : frames.push(frame));
  socket.on('message', (data, binary) => deliver(binary ? data : data.toString()));
  const closed = new Promise((resolve) => socket.on('close', (code) => resolve(code)));
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
  const next = () =>
    frames.length ? Promise.resolve(frames.shift()) : new Promise((resolve) => waiting.push(resolve));
  const nextJson = async () => JSON.parse(await next());
  return { next, nextJson, closed, send: (text) => socket.send(text), close: () => socket.close() };
}
