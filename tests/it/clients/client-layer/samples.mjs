// Runs the samples of docs/clients/react.md with React: two people in a session, each with a page
// of their own, and a panel of notifications.
import { readFile } from 'node:fs/promises';
import { JSDOM } from 'jsdom';
import { transform } from 'sucrase';

import { World, until } from './world.mjs';

const [description] = process.argv.slice(2);
const world = new World(JSON.parse(description));
const { session, participants, samples } = world.details;
await world.backEnd('PUT', `sessions/${session}`, { participants });

const { window } = new JSDOM('<main></main><main></main>', { pretendToBeVisual: true });
globalThis.window = window;
globalThis.document = window.document;
const React = await import('react');
const { createRoot } = await import('react-dom/client');
const hooks = await import('@switchboard/client/react');

const component = async (file, name) => {
  const source = await readFile(`${samples}/${file}`, 'utf8');
  const { code } = transform(source, {
    transforms: ['typescript', 'jsx', 'imports'],
    jsxRuntime: 'classic',
    production: true,
  });
  const modules = { react: React, '@switchboard/client/react': hooks };
  const exports = {};
  new Function('require', 'exports', 'React', code)((module) => modules[module], exports, React);
  return exports[name];
};

const SessionChat = await component('session-chat.tsx', 'SessionChat');
const pages = [...window.document.querySelectorAll('main')];
const people = [await world.signIn('john'), await world.signIn('jane')];
const roots = pages.map((page, index) => {
  const root = createRoot(page);
  const { StrictMode, createElement } = React;
  const chat = createElement(SessionChat, { sessionId: session });
  const provided = createElement(hooks.SwitchboardProvider, { value: people[index] }, chat);
  // Strict mode mounts everything twice, which must not cost a connection.
  root.render(createElement(StrictMode, null, provided));
  return root;
});
await until('both connected', () => people.every(({ snapshot }) => snapshot.status === 'connected'));

const [own, other] = pages;
const type = (page, text) => {
  const input = page.querySelector('input');
  Object.getOwnPropertyDescriptor(window.HTMLInputElement.prototype, 'value').set.call(input, text);
  input.dispatchEvent(new window.Event('input', { bubbles: true }));
};
const lines = (page) =>
  [...page.querySelectorAll('.messages > div:not(.typing)')].map((line) => {
    const text = [...line.childNodes].filter((node) => node.nodeType === 3);
    return { name: line.querySelector('strong')?.textContent, text: text.map((node) => node.data).join('').trim() };
  });

type(own, 'Hello, climbing partner!');
await until('the other sees typing', () => other.querySelector('.typing'));
const typing = other.querySelector('.typing').textContent;
const ownTyping = own.querySelector('.typing') !== null;
await until('the text', () => own.querySelector('input').value !== '');
own.querySelector('button').click();
await until('both see the message, read', () => lines(own)[0]?.text.includes('✓') && lines(other).length > 0);
const found = { typing, ownTyping, own: lines(own), other: lines(other) };
roots.forEach((root) => root.unmount());
await until('nobody is connected', () => people.every(({ snapshot }) => snapshot.status === 'idle'));
const negotiations = people.map(({ entries }) => entries.filter(({ kind }) => kind === 'negotiated').length);
console.log(JSON.stringify({ ...found, negotiations }));
process.exit(0);
