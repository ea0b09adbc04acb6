/** Devices: a live chart of each, and a command with the device's own answer. */

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

  await card.getByRole('button', { name: /^Send the command/ }).click();
  await card.getByText('Answered 200').waitFor();

  await card.getByText('"target"').waitFor();

  await card.getByLabel('Command', { exact: true }).fill('dance');
  await card.getByRole('button', { name: /^Send the command/ }).click();
  await card.getByText('Answered 501').waitFor();

  // Someone without the right sees none of it.
  const bob = await person(browser, 'bob', { rights: [] });
  await open(bob.page, 'devices');
  await bob.page.getByText('You lack the right').waitFor();
});
