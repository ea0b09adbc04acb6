/** The budget for answers ends: people see it, and go on talking. */

import assert from 'node:assert/strict';

import { browse, newChat, person, picture, untilShown, write } from './support.mjs';

await browse(async (browser) => {
  const alice = await person(browser, 'alice');
  await newChat(alice.page, 'Questions', { members: 'bob', hasAssistant: true });

  await write(alice.page, 'Is there any budget left?');
  await alice.page.getByText('The budget for answers is used up for today.').waitFor();
  await picture(alice.page, 'chat-budget');
  await write(alice.page, 'Then we talk among ourselves.');

  const messages = await untilShown(alice.page, 2);
  assert.deepEqual(
    messages.map(({ text }) => text),
    ['Is there any budget left?', 'Then we talk among ourselves.'],
  );
});
