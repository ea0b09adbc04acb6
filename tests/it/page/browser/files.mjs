/** Files: picked and dropped, sent, previewed by the other one, and downloaded. */

import assert from 'node:assert/strict';

import { browse, openRoom, person, until } from './support.mjs';

/** One green pixel. */
const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M/wHwAEBgIApD5fRAAAAABJRU5ErkJggg==',
  'base64',
);

await browse(async (browser) => {
  const alice = await person(browser, 'alice');
  const bob = await person(browser, 'bob');
  await openRoom(alice.page, 'photos');
  await openRoom(bob.page, 'photos');

  const picker = alice.page.getByLabel('Files', { exact: true });
  await picker.setInputFiles({ name: 'pixel.png', mimeType: 'image/png', buffer: PICTURE });
  await alice.page.getByRole('button', { name: 'Send', exact: true }).click();

  for (const { page, name } of [alice, bob]) {
    const preview = page.getByRole('img', { name: 'pixel.png' });
    await preview.waitFor();
    await until(
      () => preview.evaluate((image) => image.naturalWidth),
      (width) => width === 1,
      `drawn for ${name}`,
    );
  }

  // A file that is dropped onto the conversation, with a name that looks like a script.
  const name = '<img src=x onerror=alert(1)>.txt';
  const transfer = await bob.page.evaluateHandle((fileName) => {
    const data = new DataTransfer();
    data.items.add(new File(['the content'], fileName, { type: 'text/plain' }));
    return data;
  }, name);
  await bob.page.dispatchEvent('.talk', 'dragenter', { dataTransfer: transfer });
  await bob.page.getByText('Drop files to send them here').waitFor();
  await bob.page.dispatchEvent('.talk', 'drop', { dataTransfer: transfer });
  await bob.page.getByRole('button', { name: 'Send', exact: true }).click();

  const button = alice.page.getByRole('button', { name: `Download ${name}` });
  const [download] = await Promise.all([alice.page.waitForEvent('download'), button.click()]);
  const chunks = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk);
  assert.equal(Buffer.concat(chunks).toString(), 'the content');
});
