// Runs a session page's component (session-page.jsx, as its authors' guide prints it) against our
// handler: two people, each with their own page. The page connects to its old server's address; here
// it gets the address from `negotiate` instead.
import { readFile } from 'node:fs/promises';
import { JSDOM } from 'jsdom';
import { transform } from 'sucrase';

const [base, sessionId, ...tokens] = process.argv.slice(2);
// Silence the page's own logging: the test reads only the last line.
const print = console.log;
console.log = () => {};
const urls = new Map();
for (const token of tokens) {
  const query = new URLSearchParams({ session_id: sessionId, token });
  const answer = await (await fetch(`${base}/api/negotiate?${query}`)).json();
  urls.set(token, answer.url);
}

const { window } = new JSDOM('<div></div><div></div>', { pretendToBeVisual: true });
// The page does not report when it is connected, so wait for its socket to open.
const opened = [];
globalThis.WebSocket = class extends globalThis.WebSocket {
  constructor(address) {
    super(urls.get(new URL(address).searchParams.get('token')));
    opened.push(new Promise((done) => this.addEventListener('open', done)));
  }
};
globalThis.window = window;
globalThis.document = window.document;
globalThis.IS_REACT_ACT_ENVIRONMENT = false;

const React = await import('react');
const { createRoot } = await import('react-dom/client');
const source = await readFile(new URL('session-page.jsx', import.meta.url), 'utf8');
const { code } = transform(source, { transforms: ['jsx', 'imports'], production: true });
const module = { exports: {} };
new Function('require', 'exports', 'module', 'React', code)(() => React, module.exports, module, React);
const SessionChat = module.exports.default;

const until = async (what, condition) => {
  for (let tries = 0; !condition(); tries += 1) {
    if (tries > 1000) throw new Error(`never: ${what}`);
    await new Promise((again) => setTimeout(again, 20));
  }
};

const pages = [...window.document.querySelectorAll('div')];
pages.forEach((page, index) => {
  createRoot(page).render(React.createElement(SessionChat, { sessionId, accessToken: tokens[index] }));
});
await until('two sockets', () => opened.length === 2);
await Promise.all(opened);
await new Promise((settled) => setTimeout(settled, 200));

const [own, other] = pages;
const type = (page, text) => {
  const input = page.querySelector('input');
  const set = Object.getOwnPropertyDescriptor(window.HTMLInputElement.prototype, 'value').set;
  set.call(input, text);
  input.dispatchEvent(new window.Event('input', { bubbles: true }));
};
const shown = (page) =>
  [...page.querySelectorAll('.messages > div:not(.typing)')].map((line) => ({
    name: line.querySelector('strong').textContent,
    text: [...line.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data).join('').trim(),
  }));
const isTyping = (page) => page.querySelector('.typing') !== null;

type(own, 'Hello, climbing partner!');
await until('the other sees typing', () => isTyping(other));
const ownTyping = isTyping(own);
own.querySelector('button').click();
await until('both see the message', () => shown(own).length > 0 && shown(other).length > 0);
await new Promise((settled) => setTimeout(settled, 300));
print(JSON.stringify({ ownTyping, own: shown(own), other: shown(other) }));
process.exit(0);
