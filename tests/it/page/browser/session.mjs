/** A session of two: typing, and how far the other one has read. */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import { browse, call, inOrder, open, openRoom, person, untilShown, write } from './support.mjs';

await browse(async (browser) => {
  const id = randomUUID();
  const participants = [
    { userId: 'alice', name: 'Alice' },
    { userId: 'bob', name: 'Bob' },
  ];
  await call('PUT', `sessions/${id}`, { participants });
  const alice = await person(browser, 'alice', { rights: [] });
  const bob = await person(browser, 'bob', { rights: [] });
  await open(alice.page, 'sessions');
  await alice.page.getByRole('link', { name: 'Bob' }).click();
  await alice.page.getByLabel('Message', { exact: true }).waitFor();
  // Bob is elsewhere, so nothing is read yet.
  await openRoom(bob.page, 'lobby');

  await write(alice.page, 'Are you there?');
  await untilShown(alice.page, 1);
  assert.equal(await alice.page.locator('.receipt svg').count(), 0);
  await open(bob.page, `sessions/${id}`);
  await untilShown(bob.page, 1);
  await alice.page.locator('.receipt').getByText('Read').waitFor();

  await bob.page.getByLabel('Message', { exact: true }).pressSequentially('Yes', { delay: 20 });
  await alice.page.getByText('Bob is typing').waitFor();
  await bob.page.keyboard.press('Enter');
  inOrder(await untilShown(alice.page, 2), ['Are you there?', 'Yes']);

  // Nobody else gets in.
  const carol = await person(browser, 'carol');
  await open(carol.page, `sessions/${id}`);
  await carol.page.getByText('between two other people').waitFor();
});
