// Audio, and what needs no conversation.
import { ready, until } from './world.mjs';

export const streams_audio = async (world) => {
  const stream = world.connect({ username: 'alice' }).audio();
  await ready(stream);
  for (const size of [10, 20, 30]) await stream.send(new Uint8Array(size));
  await until('acknowledged', () => stream.snapshot.acknowledgedChunks === 3);
  const { chunks, bytes, missing } = await stream.end();
  return { chunks, bytes, missing, sent: stream.snapshot.sentBytes };
};

export const calls_the_api = async (world) => {
  const alice = await world.signIn('alice');
  const refused = await alice.http.request('PUT', 'users', { body: { user_id: 'bob' } }).then(
    () => 'answered',
    ({ code, status }) => ({ code, status }),
  );
  const back = world.connect({ getToken: () => world.apiToken });
  const room = await back.http.request('PUT', 'rooms/made', { body: { name: 'Made' } });
  return { refused, name: room.name };
};
