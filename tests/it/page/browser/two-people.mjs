/** Two people talk, type, and lose the network: no message is lost, none comes twice, all in order. */

import assert from 'node:assert/strict';

import { browse, cut, inOrder, openRoom, person, shown, until, untilShown, write } from './support.mjs';

await browse(async (browser) => {
  const alice = await person(browser, 'alice');
  const bob = await person(browser, 'bob');
  await openRoom(alice.page, 'den');
  await openRoom(bob.page, 'den');
  const expected = [];
  const say = async (who, text) => {
    await write(who.page, text);
    expected.push(text);
  };

  // They talk.
  await say(alice, 'Hello!');
  await untilShown(bob.page, 1);
  await say(bob, 'Hi Alice');
  await untilShown(alice.page, 2);

  // One types, the other sees it, and it ends with the message.
  await alice.page.getByLabel('Message', { exact: true }).pressSequentially('I am typ', { delay: 20 });
  await bob.page.getByText('alice is typing').waitFor();
  await say(alice, 'I am typing no more');
  await bob.page.getByText('alice is typing').waitFor({ state: 'detached' });

  // Alice has no network: her messages wait, Bob's are missed.
  await alice.context.setOffline(true);
  assert.ok((await cut('alice')) > 0);
  await alice.page.getByText('The connection is being restored').waitFor();
  for (const number of [1, 2, 3]) await write(alice.page, `from the tunnel ${number}`);
  await alice.page.getByText('Waits for the connection').first().waitFor();
  for (const number of [1, 2, 3]) await say(bob, `are you there ${number}`);
  await untilShown(bob.page, expected.length);
  assert.equal((await shown(alice.page)).length, 3);
  await alice.context.setOffline(false);
  for (const number of [1, 2, 3]) expected.push(`from the tunnel ${number}`);
  inOrder(await untilShown(alice.page, expected.length), expected);
  inOrder(await untilShown(bob.page, expected.length), expected);

  // Both sockets break again and again while both write.
  const rounds = 8;
  for (let round = 0; round < rounds; round += 1) {
    await write(alice.page, `a${round}`);
    await cut(round % 2 === 0 ? 'alice' : 'bob');
    await write(bob.page, `b${round}`);
  }
  const total = expected.length + 2 * rounds;
  const [seenByAlice, seenByBob] = [
    await untilShown(alice.page, total),
    await untilShown(bob.page, total),
  ];
  inOrder(seenByAlice);
  assert.deepEqual(seenByAlice, seenByBob);
  for (const letter of ['a', 'b']) {
    const own = seenByAlice.map(({ text }) => text).filter((text) => text.match(`^${letter}\\d$`));
    assert.deepEqual(own, Array.from({ length: rounds }, (_, round) => `${letter}${round}`));
  }
  await until(
    () => alice.page.locator('.message.pending, .message.failed').count(),
    (count) => count === 0,
    'without pending messages',
  );

  // A reload shows the same.
  await alice.page.reload();
  assert.deepEqual(await untilShown(alice.page, total), seenByBob);
});
