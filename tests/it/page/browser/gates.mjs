/** Rooms with rules: a wrong password, an invite that is used twice, and someone who is muted. */

import assert from 'node:assert/strict';

import { browse, call, open, openRoom, person, shown, untilShown, write } from './support.mjs';

await browse(async (browser) => {
  await call('PUT', 'rooms/vault', { access: 'password', password: 'correct horse' });
  await call('PUT', 'rooms/club', { access: 'invite', name: 'The club' });
  const alice = await person(browser, 'alice');
  const bob = await person(browser, 'bob', { rights: [] });

  // A wrong password, then the right one. The open room beside it stays as it was.
  await openRoom(bob.page, 'lobby');
  await open(bob.page, 'rooms/vault');
  await bob.page.getByText('This room has a password.').waitFor();
  await bob.page.getByLabel('Password').fill('battery staple');
  await bob.page.keyboard.press('Enter');
  await bob.page.getByText('This password is wrong.').waitFor();
  await bob.page.getByLabel('Password').fill('correct horse');
  await bob.page.keyboard.press('Enter');
  await bob.page.getByLabel('Message', { exact: true }).waitFor();
  await write(bob.page, 'I am in');
  await untilShown(bob.page, 1);
  await openRoom(bob.page, 'lobby');
  await write(bob.page, 'and still here');
  await untilShown(bob.page, 1);

  // An invite lets one person in, and nobody after that.
  await open(alice.page, 'rooms/club');
  await alice.page.getByText('This room is for invited people.').waitFor();
  await alice.page.getByRole('button', { name: 'Invite someone' }).click();
  await alice.page.getByRole('button', { name: 'Make a link' }).click();
  const link = await alice.page.getByLabel('Link', { exact: true }).inputValue();
  assert.match(link, /#\/rooms\/club\?invite=./);
  await bob.page.goto(link);
  await bob.page.getByLabel('Message', { exact: true }).waitFor();
  assert.ok(!bob.page.url().includes('invite'), 'the code leaves the address');
  await write(bob.page, 'Thanks for the invite');
  await untilShown(bob.page, 1);
  const carol = await person(browser, 'carol', { rights: [] });
  await carol.page.goto(link);
  await carol.page.getByText('This invite was used already.').waitFor();
  assert.deepEqual(await shown(carol.page), []);
  // A member needs no invite.
  await bob.page.reload();
  await bob.page.getByLabel('Message', { exact: true }).waitFor();

  // A muted user sees the refusal, and may send the same message again later.
  await call('PUT', 'rooms/court', { access: 'open' });
  await alice.page.reload();
  await openRoom(alice.page, 'court');
  await openRoom(bob.page, 'court');
  await alice.page.getByRole('button', { name: 'People in this room' }).click();
  await alice.page.getByRole('button', { name: 'Mute bob', exact: true }).click();
  await alice.page.getByText('can read but not write').waitFor();
  await write(bob.page, 'Objection!');
  await bob.page.getByText('You do not have the right to do this.').waitFor();
  await alice.page.getByRole('button', { name: 'Unmute bob' }).click();
  await alice.page.getByText('may write again').waitFor();
  await bob.page.getByRole('button', { name: 'Send again' }).click();
  assert.deepEqual((await untilShown(alice.page, 1)).map(({ text }) => text), ['Objection!']);
});
