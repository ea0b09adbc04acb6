/** The microphone, which Chromium plays itself: chunks are acknowledged, without a gap. */

import assert from 'node:assert/strict';

import { browse, open, person, until } from './support.mjs';

const FAKE = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];

await browse(async (browser) => {
  const { page } = await person(browser, 'alice', { permissions: ['microphone'] });
  await open(page, 'audio');

  await page.getByRole('button', { name: 'Start', exact: true }).click();
  const acknowledged = page.getByTestId('acknowledged');
  await until(
    async () => Number(await acknowledged.textContent()),
    (count) => count >= 4,
    'four chunks acknowledged',
  );
  // The level is drawn: the beeps of the fake microphone are no flat line.
  await until(
    () => page.locator('canvas.meter').evaluate((canvas) => {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      let painted = 0;
      for (let at = 3; at < data.length; at += 4) if (data[at] > 0) painted += 1;
      return painted / (canvas.width * canvas.height);
    }),
    (share) => share > 0.03,
    'a level',
  );
  await page.getByRole('button', { name: 'Stop', exact: true }).click();

  const summary = page.getByRole('region', { name: 'Summary' });
  await summary.waitFor();
  const text = await summary.textContent();
  const chunks = Number(text.match(/(\d+) chunks/)[1]);
  assert.ok(chunks >= 4, text);
  assert.match(text, /0 gaps/);
  // The last chunk came before the end.
  const figures = await page.locator('.figures').textContent();
  assert.match(figures, new RegExp(`Sent${chunks} chunks`));
  await page.getByText('The server has every chunk.').waitFor();
}, FAKE);
