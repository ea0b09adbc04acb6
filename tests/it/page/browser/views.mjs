/** Every view: nothing serious for people with assistive technology, no layout jump, and a picture. */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import {
  base,
  browse,
  call,
  connected,
  newChat,
  openRoom,
  person,
  picture,
  until,
  untilShown,
  watch,
  write,
} from './support.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8');

const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

/** The whole list at once, since one cause often shows in many views. */
const violated = [];

const TALK = [
  ['Alice', 'Morning! The new build is on staging.'],
  ['Bob', 'Saw it. Recovery after a dropped socket looks instant now.'],
  ['Alice', 'The service keeps what we missed, and the client fills the rest in by seq.'],
  ['Bob', 'Dropped it three times while typing this. Nothing lost.'],
];

const NOTIFICATIONS = [
  ['Build 481 is live', 'All checks passed; it took four minutes.'],
  ['Bob mentioned you', '“Alice knows how recovery works.”'],
  ['Your report is ready', 'Connections of the last week, by hour.'],
];

await browse(async (browser) => {
  await paintsWithoutScript(browser);
  const session = randomUUID();
  await call('PUT', `sessions/${session}`, {
    participants: [
      { userId: 'alice', name: 'Alice' },
      { userId: 'bob', name: 'Bob' },
    ],
  });
  await call('PUT', 'rooms/design', { access: 'password', password: 'x', name: 'Design review' });
  const bob = await person(browser, 'Bob');
  const alice = await person(browser, 'Alice');
  await openRoom(alice.page, 'lobby');
  await openRoom(bob.page, 'lobby');
  for (const [index, [name, text]] of TALK.entries()) {
    await write(name === 'Alice' ? alice.page : bob.page, text);
    await untilShown(alice.page, index + 1);
    await untilShown(bob.page, index + 1);
  }

  await pictureForReadme(alice.page, bob.page);

  const chat = await newChat(alice.page, 'Release questions', {
    members: 'bob',
    hasAssistant: true,
  });
  await write(alice.page, 'What is in the release of today?');
  await untilShown(alice.page, 2);
  for (const [title, body] of NOTIFICATIONS) {
    await call('POST', 'notifications', { user_id: 'alice', notification: { title, body } });
  }

  const views = {
    rooms: 'rooms',
    room: 'rooms/lobby',
    'room-locked': 'rooms/design',
    chats: 'chats',
    chat: `chats/${chat}`,
    session: `sessions/${session}`,
    inbox: 'inbox',
    events: 'events',
    audio: 'audio',
    devices: 'devices',
    health: 'health',
    more: 'more',
  };
  for (const [look, options] of Object.entries({
    'desktop-light': { viewport: DESKTOP, colorScheme: 'light' },
    'desktop-dark': { viewport: DESKTOP, colorScheme: 'dark' },
    'phone-light': { viewport: PHONE, colorScheme: 'light' },
    'phone-dark': { viewport: PHONE, colorScheme: 'dark' },
  })) {
    const context = await browser.newContext({ ...options, reducedMotion: 'reduce' });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    watch(page, look);
    await measureShifts(page);
    await page.goto(base);
    await page.getByLabel('Name', { exact: true }).waitFor();
    await lookAt(page, `sign-in-${look}`);
    await page.getByLabel('Name', { exact: true }).fill('Alice');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await connected(page);
    for (const [view, path] of Object.entries(views)) {
      if (view === 'more' && look.startsWith('desktop')) continue;
      await page.goto(`${base}/#/${path}`);
      await page.locator('main h1:visible, main h2:visible').first().waitFor();
      await until(() => page.locator('.skeleton').count(), (count) => count === 0, `${view} loaded`);
      if (view === 'events') await publishEvents(page);
      if (view === 'devices') await page.locator('.series').nth(2).waitFor();
      await lookAt(page, `${view}-${look}`);
    }
    await page.goto(`${base}/#/rooms`);
    await page.getByRole('button', { name: 'New room with rules' }).first().click();
    await page.getByRole('dialog').waitFor();
    await lookAt(page, `new-room-${look}`);
    await page.keyboard.press('Escape');
    await page.goto(`${base}/#/rooms/lobby`);
    await untilShown(page, TALK.length);
    await page.getByRole('button', { name: /^Connection inspector/ }).click();
    await page.getByRole('region', { name: 'Frames' }).waitFor();
    await lookAt(page, `inspector-${look}`);
    const shifts = await page.evaluate(() => globalThis.layoutShifts);
    const sum = shifts.reduce((sum, { value }) => sum + value, 0);
    assert.ok(sum < 0.02, `${look}: the layout shifted by ${sum}: ${JSON.stringify(shifts)}`);
    await context.close();
  }
  assert.deepEqual(violated, []);
});

/** `docs/page.png` is a copy of it. */
async function pictureForReadme(page, other) {
  await page.setViewportSize({ width: 1180, height: 720 });
  await page.getByRole('button', { name: /^Connection inspector/ }).click();
  await other.getByLabel('Message', { exact: true }).pressSequentially('One more thing', { delay: 20 });
  await page.getByText('Bob is typing').waitFor();
  await picture(page, 'page');
}

/** Runs axe on the page and keeps a picture of it. */
async function lookAt(page, name) {
  await picture(page, name);
  // Colours differ by theme and layouts by width: these two combinations have all of them.
  if (!/desktop-light|phone-dark/.test(name)) return;
  // Evaluated by the debugger, which the page's policy does not concern.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, { resultTypes: ['violations'] }),
  );
  const serious = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join('\n  ')}`);
  if (serious.length > 0) violated.push({ name, serious });
}

/** Events are not kept, so that each page hears its own. */
async function publishEvents(page) {
  const data = { version: '0.2.0', by: 'alice' };
  await call('POST', 'events/acme', { event_type: 'deployment.finished', data });
  await call('POST', 'events/acme', { event_type: 'member.joined', data: { user: 'carol' } });
  await page.getByRole('log', { name: 'Events' }).getByText('member.joined').waitFor();
}

/** The frame stands before the script has arrived. */
async function paintsWithoutScript(browser) {
  const page = await (await browser.newContext({ viewport: DESKTOP })).newPage();
  await page.route('**/*.js', () => {
    // Never answered.
  });
  await page.goto(base, { waitUntil: 'commit' });
  await page.locator('.brand').getByText('Switchboard').waitFor();
  const frame = await page.locator('.main').boundingBox();
  assert.ok(frame.width > 900 && frame.height > 700, JSON.stringify(frame));
  await page.context().close();
}

async function measureShifts(page) {
  await page.addInitScript(() => {
    globalThis.layoutShifts = [];
    const tag = (node) => (node instanceof Element ? node : node?.parentElement)?.cloneNode().outerHTML;
    new PerformanceObserver((list) => {
      for (const { hadRecentInput, value, sources } of list.getEntries()) {
        const moved = sources.map(({ node, previousRect, currentRect }) => ({
          node: tag(node),
          from: previousRect,
          to: currentRect,
        }));
        if (!hadRecentInput) globalThis.layoutShifts.push({ value, at: location.hash, moved });
      }
    }).observe({ type: 'layout-shift', buffered: true });
  });
}
