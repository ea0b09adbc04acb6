/** An answer is streamed, joined late and stopped; and an asked question in an ordinary chat. */

import assert from 'node:assert/strict';

import { browse, newChat, open, person, picture, until, untilShown, write } from './support.mjs';

const LONG = 'Please explain every single part of this at length, from the beginning to the end. ';

await browse(async (browser) => {
  const alice = await person(browser, 'alice');
  const bob = await person(browser, 'bob');
  await newChat(alice.page, 'Questions', { members: 'bob', hasAssistant: true });

  // Streamed, and stored as a message in the end.
  await write(alice.page, 'What is this?');
  await alice.page.locator('.message.answer .caret').waitFor();
  const [question, answer] = await untilShown(alice.page, 2);
  assert.equal(question.text, 'What is this?');
  assert.ok(answer.text.length > 10, answer.text);

  // Bob comes while the next one is written, and sees it from its beginning.
  await write(alice.page, LONG.repeat(10));
  const streaming = (page) => page.locator('.message.answer .caret');
  await until(
    () => streaming(alice.page).textContent({ timeout: 20_000 }),
    (text) => text.length > 20,
    'a beginning',
  );
  const beginning = (await streaming(alice.page).textContent()).slice(0, 20);
  await open(bob.page, 'chats');
  await bob.page.getByRole('link', { name: 'Questions' }).click();
  await until(
    () => streaming(bob.page).textContent({ timeout: 20_000 }),
    (text) => text.length >= beginning.length,
    'the beginning',
  );
  const joined = await streaming(bob.page).textContent();
  assert.ok(joined.startsWith(beginning), `${joined} / ${beginning}`);
  await picture(alice.page, 'chat-streaming');

  // Stopped: what there is is stored, the same for both.
  await alice.page.getByRole('button', { name: 'Stop', exact: true }).click();
  await alice.page.getByText('Stopped here.').waitFor();
  await bob.page.getByText('Stopped here.').waitFor();
  assert.deepEqual(await untilShown(alice.page, 4), await untilShown(bob.page, 4));
  assert.equal(await streaming(bob.page).count(), 0);

  // Elsewhere a message asks only if its sender says so.
  await newChat(alice.page, 'Lunch', { members: 'bob' });
  await write(alice.page, 'Noon?');
  await untilShown(alice.page, 1);
  await alice.page.getByRole('button', { name: 'Ask', exact: true }).click();
  await write(alice.page, 'Where?');
  assert.equal((await untilShown(alice.page, 3)).length, 3);
});
