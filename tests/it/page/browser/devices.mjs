/** Devices: a live chart of each, and a command with the device's own answer. */

import assert from 'node:assert/strict';

import { browse, open, person, until } from './support.mjs';

await browse(async (browser) => {
  const { page } = await person(browser, 'alice');
  await open(page, 'devices');

  const card = page.getByRole('region', { name: /^Device / }).first();
  await card.waitFor();
  const line = card.locator('.plot .line').first();
  const points = async () => ((await line.getAttribute('points')) ?? '').split(' ').length;
  await line.waitFor({ state: 'attached' });
  const before = await points();
  await until(points, (count) => count > before, 'a new point');

  await card.getByLabel('Command', { exact: true }).fill('ping');
  await card.getByRole('button', { name: 'Send' }).click();
  await card.getByText('Answered 200').waitFor();

  await card.getByLabel('Command', { exact: true }).fill('dance');
  await card.getByRole('button', { name: 'Send' }).click();
  const answer = card.getByRole('status').or(card.getByRole('alert'));
  assert.ok((await answer.first().textContent()).length > 0);

  // Someone without the right sees none of it.
  const bob = await person(browser, 'bob', { rights: [] });
  await open(bob.page, 'devices');
  await bob.page.getByText('You lack the right').waitFor();
});
