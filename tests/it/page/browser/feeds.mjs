/** A notification arrives while another view is open; read in one tab, it is read in the other. */

import assert from 'node:assert/strict';

import { browse, call, open, openRoom, person, tab, until } from './support.mjs';

const SCRIPT = '<img src=x onerror=alert(1)>';

await browse(async (browser) => {
  const alice = await person(browser, 'alice');
  const second = await tab(alice.context, 'alice');
  await openRoom(alice.page, 'lobby');
  await open(second, 'inbox');
  await second.getByText('Nothing yet').waitFor();

  await call('POST', 'notifications', {
    user_id: 'alice',
    notification: { title: 'Deployed', body: `Version 7 ${SCRIPT}` },
  });
  await call('POST', 'notifications', {
    user_id: 'alice',
    notification: { title: SCRIPT, body: 'second' },
  });

  // In a room the first tab sees it arrive, and the number beside the bell.
  await alice.page.getByRole('status').getByText('Deployed').waitFor();
  const unread = (page) => page.locator('.nav a', { hasText: 'Notifications' }).locator('.badge');
  await until(() => unread(alice.page).textContent(), (text) => text?.startsWith('2'), 'two unread');
  await second.getByText(`Version 7 ${SCRIPT}`).waitFor();

  // Read here, it is read there.
  await second.getByRole('button', { name: 'Mark “Deployed” as read' }).click();
  await until(() => unread(alice.page).textContent(), (text) => text?.startsWith('1'), 'one unread');
  await open(alice.page, 'inbox');
  await alice.page.getByRole('button', { name: 'Mark all as read' }).click();
  await unread(second).waitFor({ state: 'detached' });
  await second.getByText('Everything is read').waitFor();
  await second.reload();
  await second.getByText('Deployed').waitFor();
  assert.equal(await second.locator('.notice.unread').count(), 0);

  // An event of the organisation reaches everyone of it, and nobody else.
  const bob = await person(browser, 'bob', { rights: [] });
  await open(bob.page, 'events');
  await open(alice.page, 'events');
  await alice.page.getByRole('button', { name: 'Publish one' }).click();
  await alice.page.getByLabel('Type', { exact: true }).fill(SCRIPT);
  await alice.page.getByLabel('Data, as JSON').fill(JSON.stringify({ text: SCRIPT }));
  await alice.page.getByRole('button', { name: 'Publish', exact: true }).click();
  for (const page of [alice.page, bob.page]) {
    await page.getByRole('log', { name: 'Events' }).getByText(SCRIPT, { exact: true }).waitFor();
    assert.equal(await page.locator('main img').count(), 0);
  }
});
