/** A sign-in that ends soon is renewed on the live connection, which is never replaced. */

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';

import { base, browse, connected, openRoom, untilShown, watch, write } from './support.mjs';

const LIFETIME_MS = 16_000;

const { jwt_secret: secret } = JSON.parse(process.env.DEV_SECRETS);

/** A token like those of `dev`, but for a few seconds. */
function shortToken(user) {
  const expiresAt = Date.now() + LIFETIME_MS;
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const head = encode({ typ: 'JWT', alg: 'HS256' });
  const claims = encode({ sub: user, name: user, exp: Math.floor(expiresAt / 1000) });
  const signature = createHmac('sha256', secret).update(`${head}.${claims}`).digest('base64url');
  return { token: `${head}.${claims}.${signature}`, expiresAt: new Date(expiresAt).toISOString() };
}

await browse(async (browser) => {
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(60_000);
  watch(page, 'alice');
  let issued = 0;
  await page.route('**/dev/token', (route) => {
    issued += 1;
    return route.fulfill({ json: shortToken('alice') });
  });
  await page.goto(base);
  await page.getByLabel('Name', { exact: true }).fill('alice');
  await page.getByLabel('Organisations').fill('');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await connected(page);
  await openRoom(page, 'lobby');
  await page.getByRole('button', { name: /^Connection inspector/ }).click();
  const from = Date.now();

  await page.getByText('Sign-in renewed on connection').nth(1).waitFor();
  const firstHasEnded = from + LIFETIME_MS + 6000 - Date.now();
  await page.waitForTimeout(Math.max(0, firstHasEnded));
  await write(page, 'after the first sign-in has ended');

  await untilShown(page, 1);
  assert.ok(issued >= 3, `${issued} tokens`);
  const facts = page.getByRole('region', { name: 'Facts' });
  await facts.getByText('0 times on the same connection').waitFor();
  await facts.getByText('0 times with a new one').waitFor();
});
