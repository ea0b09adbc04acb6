/** Text that looks like a script, wherever the page shows text of others: it stays text. */

import assert from 'node:assert/strict';

import { browse, call, open, openRoom, person, until, untilShown, write } from './support.mjs';

const SCRIPT = '<img src=x onerror=alert(1)><script>alert(2)</script>';

await browse(async (browser) => {
  await call('PUT', 'rooms/traps', { access: 'open', name: SCRIPT });
  const mallory = await person(browser, SCRIPT, { rights: ['Administrator'] });
  const alice = await person(browser, 'alice');

  // Names, messages and the names of rooms
  await openRoom(mallory.page, 'traps');
  await openRoom(alice.page, 'traps');
  await alice.page.getByRole('button', { name: 'People in this room' }).click();
  await mallory.page.getByLabel('Message', { exact: true }).pressSequentially('x');
  await alice.page.getByText(`${SCRIPT} is typing`).waitFor();
  await write(mallory.page, SCRIPT);
  const messages = await untilShown(alice.page, 1);
  assert.equal(messages[0].text, SCRIPT);
  await alice.page.getByRole('heading', { name: SCRIPT }).first().waitFor();
  await isHarmless(alice.page);
  await isHarmless(mallory.page);

  // Every frame of it in the inspector
  await alice.page.getByRole('button', { name: /^Connection inspector/ }).click();
  await alice.page.getByLabel('Filter frames').fill('onerror');
  await alice.page.getByRole('region', { name: 'Frames' }).getByRole('button').first().click();
  await isHarmless(alice.page);
  await alice.page.getByRole('button', { name: 'Close the inspector' }).click();

  // The names of chats
  await open(mallory.page, 'chats');
  await mallory.page.getByRole('button', { name: 'New chat' }).first().click();
  await mallory.page.getByLabel('Name', { exact: true }).fill(SCRIPT);
  await mallory.page.getByRole('button', { name: 'Begin' }).click();
  await mallory.page.getByLabel('Message', { exact: true }).waitFor();
  await open(alice.page, 'chats');
  await alice.page.getByRole('link', { name: SCRIPT }).click();
  await alice.page.getByLabel('Message', { exact: true }).waitFor();
  await isHarmless(alice.page);

  // Names in sessions
  const id = crypto.randomUUID();
  const participants = [
    { userId: 'alice', name: 'Alice' },
    { userId: 'eve', name: SCRIPT },
  ];
  await call('PUT', `sessions/${id}`, { participants });
  await open(alice.page, `sessions/${id}`);
  await alice.page.getByRole('heading', { name: SCRIPT }).first().waitFor();
  await isHarmless(alice.page);

  // The address
  await alice.page.goto(`${alice.page.url().split('#')[0]}#/rooms/${encodeURIComponent(SCRIPT)}`);
  await until(() => alice.page.locator('main').textContent(), (text) => text !== '', 'anything');
  await isHarmless(alice.page);
  await open(alice.page, 'rooms/%E0%A4%A');
  await isHarmless(alice.page);
});

async function isHarmless(page) {
  const found = await page.locator('main script, main img[src="x"], .dock img, .dock script').count();
  assert.equal(found, 0);
}
