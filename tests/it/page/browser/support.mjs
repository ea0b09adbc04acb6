/** Shared by the scenarios: a browser, and people who use the page. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';

import { chromium } from 'playwright-core';

export const base = process.argv[2];
export const emulator = process.argv[3];
/** The folder for screenshots. */
export const pictures = process.argv[4];

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Pages fail a scenario with what they report: an exception, or a breach of the policy. */
const complaints = [];

export async function browse(scenario, args = []) {
  const executablePath = CHROMIUM.find(existsSync);
  if (executablePath === undefined) {
    console.error('Chromium is missing: install it, on Debian with `apt-get install chromium`.');
    process.exit(2);
  }
  const browser = await chromium.launch({
    executablePath,
    // Tests often run as root in a container, where the sandbox cannot start.
    args: ['--no-sandbox', '--disable-dev-shm-usage', ...args],
  });
  try {
    await scenario(browser);
    assert.deepEqual(complaints, []);
    console.log(JSON.stringify({ passed: true }));
  } finally {
    await browser.close();
  }
}

/** A person in a browser context of their own. */
export async function person(browser, name, options = {}) {
  const { rights = ['Administrator', 'Publisher', 'Devices'], at = '', ...context } = options;
  const own = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...context });
  const page = await tab(own, name, rights, at);
  return { context: own, page, name };
}

/** A tab in which `name` signs in and opens a view. */
export async function tab(context, name, rights = ['Administrator', 'Publisher', 'Devices'], at = '') {
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  watch(page, name);
  await page.goto(`${base}/#/${at}`);
  await page.getByLabel('Name', { exact: true }).fill(name);
  for (const right of ['Administrator', 'Publisher', 'Devices']) {
    await page.getByRole('checkbox', { name: right }).setChecked(rights.includes(right), { force: true });
  }
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await connected(page);
  return page;
}

export function watch(page, name) {
  page.on('pageerror', (error) => complaints.push(`${name}: ${error.stack ?? error.message}`));
  page.on('console', (message) => {
    const text = message.text();
    if (/Content Security Policy|Trusted ?Type/i.test(text)) complaints.push(`${name}: ${text}`);
  });
  // Nothing on this page opens a dialog of the browser; an injected script would.
  page.on('dialog', (dialog) => {
    complaints.push(`${name}: a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
}

export const connected = (page) =>
  page.getByRole('button', { name: 'Connection inspector. Connected' }).waitFor();

export async function open(page, view) {
  await page.evaluate((to) => {
    location.hash = `#/${to}`;
  }, view);
}

export async function openRoom(page, room) {
  await open(page, `rooms/${room}`);
  await page.getByLabel('Message', { exact: true }).waitFor();
}

export async function write(page, text) {
  await page.getByLabel('Message', { exact: true }).fill(text);
  await page.keyboard.press('Enter');
}

/** Opens a new chat. Returns its id. */
export async function newChat(page, name, { members, hasAssistant = false }) {
  await open(page, 'chats');
  await page.getByRole('button', { name: 'New chat' }).first().click();
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Members').fill(members);
  await page.getByLabel('The assistant answers every message').setChecked(hasAssistant);
  await page.getByRole('button', { name: 'Begin' }).click();
  await page.getByLabel('Message', { exact: true }).waitFor();
  return page.evaluate(() => location.hash.split('/').at(-1));
}

/** A picture for people to look at. */
export const picture = (page, name) => page.screenshot({ path: `${pictures}/${name}.png` });

/** The stored messages in the order in which they are shown. */
export const shown = (page) =>
  page.locator('li.message[data-seq]').evaluateAll((items) =>
    items.map((item) => ({
      seq: Number(item.dataset.seq),
      text: item.querySelector('.text')?.textContent ?? '',
    })),
  );

/** Waits until `read` returns what `check` accepts, and returns it. */
export async function until(read, check, what) {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const value = await read();
    if (check(value)) return value;
    if (Date.now() > deadline) assert.fail(`never ${what}: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export const untilShown = (page, count) =>
  until(
    () => shown(page),
    (messages) => messages.length >= count,
    `${count} messages`,
  );

/** Each once, numbered without a gap, in the order of their numbers. */
export function inOrder(messages, texts) {
  assert.deepEqual(
    messages.map((message) => message.seq),
    messages.map((_, index) => messages[0].seq + index),
  );
  if (texts !== undefined) assert.deepEqual(messages.map((message) => message.text), texts);
}

/** Cuts the sockets of a user, as a network fault does. Returns how many. */
export async function cut(user) {
  const response = await fetch(`${emulator}/emulator/connections`);
  const { connections } = await response.json();
  const own = connections.filter((connection) => connection.userId === user && connection.attached);
  for (const { connectionId } of own) {
    await fetch(`${emulator}/emulator/connections/${connectionId}/drop`, { method: 'POST' });
  }
  return own.length;
}

/** A call of the API with the rights of a back end. */
export async function call(method, path, body) {
  const response = await fetch(`${base}/api/${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${process.env.API_TOKEN}`,
      'Content-Type': 'application/json',
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return text === '' ? null : JSON.parse(text);
}
