/** Speech is recorded, and its transcript appears when the stream has ended. */

import { browse, open, person, picture, until } from './support.mjs';

const FAKE = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];

await browse(async (browser) => {
  const { page } = await person(browser, 'alice', { permissions: ['microphone'] });
  await open(page, 'audio');

  await page.getByLabel('Transcribe').check();
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await until(
    async () => Number(await page.getByTestId('acknowledged').textContent()),
    (count) => count >= 4,
    'four chunks acknowledged',
  );
  await picture(page, 'audio-streaming');
  await page.getByRole('button', { name: 'Stop', exact: true }).click();

  const summary = page.getByRole('region', { name: 'Summary' });
  await summary.getByText('Three beeps and a pause.').waitFor();
  await picture(page, 'audio-transcript');
}, FAKE);
