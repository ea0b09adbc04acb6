/** Every view: nothing serious for people with assistive technology, no layout jump, and a picture. */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { base, browse, call, connected, openRoom, person, pictures, until, untilShown, watch, write } from './support.mjs';

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

  const views = [
    'rooms',
    'rooms/lobby',
    'rooms/design',
    'chats',
    `sessions/${session}`,
    'inbox',
    'events',
    'audio',
    'devices',
    'health',
    'more',
  ];
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
    for (const view of views) {
      if (view === 'more' && look.startsWith('desktop')) continue;
      await page.goto(`${base}/#/${view}`);
      await page.locator('main h1:visible, main h2:visible').first().waitFor();
      await until(() => page.locator('.skeleton').count(), (count) => count === 0, `${view} loaded`);
      await lookAt(page, `${view.split('/').slice(0, view.startsWith('rooms') ? 2 : 1).join('-')}-${look}`);
    }
    await page.goto(`${base}/#/rooms/lobby`);
    await untilShown(page, TALK.length);
    await page.getByRole('button', { name: /^Connection inspector/ }).click();
    await page.getByRole('region', { name: 'Frames' }).waitFor();
    await lookAt(page, `inspector-${look}`);
    const shift = await page.evaluate(() => globalThis.layoutShift);
    assert.ok(shift < 0.02, `${look}: a layout shift of ${shift}`);
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
  await page.screenshot({ path: `${pictures}/page.png` });
}

/** Runs axe on the page and keeps a picture of it. */
async function lookAt(page, name) {
  await page.screenshot({ path: `${pictures}/${name}.png` });
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
    globalThis.layoutShift = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        if (!entry.hadRecentInput) globalThis.layoutShift += entry.value;
      }
    }).observe({ type: 'layout-shift', buffered: true });
  });
}
