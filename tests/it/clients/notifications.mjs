// Runs a notification page's client code (notifications-page.jsx and notifications-page.js, as its
// authors' guide prints them) against our handler. Only the addresses are replaced: by those that
// `negotiate` returns, and in one page by the service's own address with `?token=`, which needs no
// negotiate. Usage: notifications.mjs BASE SERVICE TOKEN
// Prints one line when all pages are connected, and one when each has shown what it was sent.
import { readFile } from 'node:fs/promises';
import vm from 'node:vm';
import { JSDOM } from 'jsdom';
import { transform } from 'sucrase';

const [base, service, token] = process.argv.slice(2);
// Silence the pages' own logging: the test reads only two lines.
const print = console.log;
console.log = () => {};

const negotiate = async (query) => {
  const answer = await fetch(`${base}/api/negotiate?${new URLSearchParams({ ...query, token })}`);
  return (await answer.json()).url;
};
const direct = (query) => `${service}/client/hubs/ViewerHub?${new URLSearchParams({ ...query, token })}`;
const replaceOnce = (code, address, expression) => {
  if (code.split(address).length !== 2) throw new Error(`not once: ${address}`);
  return code.replace(address, expression);
};
const until = async (what, condition) => {
  for (let tries = 0; !condition(); tries += 1) {
    if (tries > 1500) throw new Error(`never: ${what}`);
    await new Promise((again) => setTimeout(again, 20));
  }
};

// The React component, once with each address.
const { window } = new JSDOM('<div></div><div></div>', { pretendToBeVisual: true, url: base });
window.localStorage.setItem('jwt_token', token);
const pages = [...window.document.querySelectorAll('div')];
globalThis.window = window;
globalThis.document = window.document;
globalThis.IS_REACT_ACT_ENVIRONMENT = false;
const opened = [];
const pageSockets = [];
class PageSocket extends WebSocket {
  constructor(address) {
    super(address);
    if (pageSockets.length < pages.length) pageSockets.push(this);
    opened.push(new Promise((done) => this.addEventListener('message', done, { once: true })));
  }
}
const React = await import('react');
const { createRoot } = await import('react-dom/client');
const jsx = await readFile(new URL('notifications-page.jsx', import.meta.url), 'utf8');
const component = (address) => {
  const page = replaceOnce(jsx, '`ws://localhost:8000/ws/notifications/?token=${token}`', JSON.stringify(address));
  const { code } = transform(page, { transforms: ['jsx', 'imports'], production: true });
  const names = ['require', 'exports', 'React', 'WebSocket', 'localStorage'];
  const make = new Function(...names, `${code}; return NotificationPanel;`);
  return make(() => React, {}, React, PageSocket, window.localStorage);
};
const channel = { channel: 'notifications' };
const roots = pages.map((page) => createRoot(page));
for (const [n, address] of [await negotiate(channel), direct(channel)].entries()) {
  roots[n].render(React.createElement(component(address)));
}
await until('the sockets of both pages', () => opened.length === pages.length);
const shown = (page) =>
  [...page.querySelectorAll('h3')].map((title) => ({ title: title.textContent, body: title.nextSibling.textContent }));

// The plain examples. Each declares `ws`, so each runs in a world of its own.
const js = await readFile(new URL('notifications-page.js', import.meta.url), 'utf8');
const part = (from, to) => js.slice(js.indexOf(from), to && js.indexOf(to));
const queryString = part("const ws = new WebSocket('ws", '// Using headers');
const handler = part('ws.onmessage', '// Send ping');
const ping = part('// Send ping', 'const orgId');
const organisation = part('const orgId');
const run = (code) => {
  const printed = [];
  const log = (...words) => printed.push(words);
  const world = vm.createContext({ WebSocket: PageSocket, JSON, Date, console: { log } });
  vm.runInContext(code, world);
  return { printed, world };
};
const NOTIFICATIONS = "'ws://localhost:8000/ws/notifications/?token=YOUR_JWT_TOKEN'";
const EVENTS = '`ws://localhost:8000/ws/events/${orgId}/?token=YOUR_JWT_TOKEN`';
const plain = run(replaceOnce(queryString, NOTIFICATIONS, JSON.stringify(direct(channel))) + handler);
const orgId = /orgId = '(.*)'/.exec(organisation)[1];
const events = [await negotiate({ org_id: orgId }), direct({ org_id: orgId })].map((address) =>
  run(replaceOnce(organisation, EVENTS, JSON.stringify(address))),
);

await until('five sockets', () => opened.length === 5);
await Promise.all(opened);
const pongs = [];
const socket = vm.runInContext('ws', plain.world);
socket.addEventListener('message', ({ data }) => {
  const frame = JSON.parse(data);
  if (frame.type === 'pong') pongs.push(frame);
});
vm.runInContext(ping, plain.world);
await until('a pong', () => pongs.length > 0);
print(JSON.stringify({ connected: true }));

await until('both pages show it', () => pages.every((page) => shown(page).length > 0));
await until('all examples print it', () => [plain, ...events].every(({ printed }) => printed.length > 2));
const panels = pages.map(shown);
// Unmounting closes the pages' sockets.
roots.forEach((root) => root.unmount());
await until('their sockets are closed', () => pageSockets.every((socket) => socket.readyState === WebSocket.CLOSED));
print(
  JSON.stringify({
    pages: panels,
    pong: { keys: Object.keys(pongs[0]).sort(), isTime: !Number.isNaN(Date.parse(pongs[0].timestamp)) },
    notifications: plain.printed,
    events: events.map(({ printed }) => printed),
  }),
);
process.exit(0);
