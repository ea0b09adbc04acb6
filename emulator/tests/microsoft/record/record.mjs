// Plays all scenarios at once, each against its own emulator, and prints the notes of each as one line of JSON. It first
// prints the ports of the scenarios' event handlers, then reads one line with a connection string for each scenario. The
// emulator has a hub `rec` whose events all go to
// http://127.0.0.1:{that port}/hook/{hub}/{event}, and a hub `bare` without handlers.
import { createInterface } from 'node:readline/promises';

import { Player } from './player.mjs';
import { scenarios } from './scenarios.mjs';

const players = new Map(Object.keys(scenarios).map((name) => [name, new Player(name)]));

const handlers = {};
for (const [name, player] of players) handlers[name] = await player.startHandler();
console.log(JSON.stringify({ handlers }));

const lines = createInterface({ input: process.stdin });
const connectionStrings = JSON.parse((await lines[Symbol.asyncIterator]().next()).value);

await Promise.all(
  [...players].map(async ([name, player]) => {
    player.target(connectionStrings[name]);
    const steps = await player.play(scenarios[name]);
    console.log(JSON.stringify({ scenario: name, steps }));
  }),
);
process.exit(0);
