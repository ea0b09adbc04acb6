/** The inspector: frames as they pass, a filter, a pause, a copy, the token, and a dropped socket. */

import assert from 'node:assert/strict';

import { browse, inOrder, openRoom, person, until, untilShown, write } from './support.mjs';

await browse(async (browser) => {
  const { page } = await person(browser, 'alice', {
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  await openRoom(page, 'lobby');
  await page.getByRole('button', { name: /^Connection inspector/ }).click();
  const frames = page.getByRole('region', { name: 'Frames' });
  const facts = page.getByRole('region', { name: 'Facts' });

  // A message and its acknowledgement, and the whole frame on a click.
  await write(page, 'seen in passing');
  await untilShown(page, 1);
  await page.getByLabel('Filter frames').fill('message_sent');
  await frames.getByRole('button').first().click();
  await facts.getByText('from the service').waitFor();
  await facts.getByText('"message_sent"').waitFor();
  await page.getByRole('button', { name: 'Back to the connection' }).click();

  // A copy is JSON, one entry a line, without a token.
  await page.getByLabel('Filter frames').fill('');
  await page.getByRole('button', { name: 'Copy', exact: true }).click();
  const copied = await until(
    () => page.evaluate(() => navigator.clipboard.readText()),
    (text) => text !== '',
    'copied',
  );
  const entries = copied.split('\n').map((line) => JSON.parse(line));
  assert.ok(entries.some((entry) => entry.type === 'message_sent'));
  assert.ok(entries.some((entry) => entry.kind === 'negotiated'));
  assert.doesNotMatch(copied, /access_token|eyJ/);

  // The answer of negotiate, with its token decoded.
  await facts.getByText('ViewerHub').first().waitFor();
  await facts.getByText('"webpubsub.group"').waitFor();

  // While paused nothing is added.
  await page.getByRole('button', { name: 'Pause' }).click();
  const before = await frames.getByRole('listitem').count();
  await write(page, 'not seen');
  await untilShown(page, 2);
  assert.equal(await frames.getByRole('listitem').count(), before);
  await page.getByRole('button', { name: 'Resume' }).click();
  await until(() => frames.getByRole('listitem').count(), (count) => count > before, 'resumed');

  // The switch drops the socket. The connection recovers, and nothing is lost.
  await page.getByRole('button', { name: 'Drop socket' }).click();
  await write(page, 'after the cut');
  await frames.getByText(/recovering|reconnecting/).first().waitFor();
  await page.getByRole('button', { name: 'Connection inspector. Connected' }).waitFor();
  inOrder(await untilShown(page, 3), ['seen in passing', 'not seen', 'after the cut']);
  await facts.getByText('1 times on the same connection').waitFor();
});
