// Runs one scenario and prints what it found as a line of JSON.
import { World } from './world.mjs';

const [name, description] = process.argv.slice(2);
const scenarios = {
  ...(await import('./connections.mjs')),
  ...(await import('./messages.mjs')),
  ...(await import('./trust.mjs')),
  ...(await import('./feeds.mjs')),
  ...(await import('./rules.mjs')),
  ...(await import('./storm.mjs')),
};
const scenario = scenarios[name];
if (scenario === undefined) throw new Error(`no scenario is called ${name}`);
const world = new World(JSON.parse(description));
// Scenarios that make random decisions make the same ones with the same seed.
world.seed = Number(process.env.STORM_SEED ?? Math.floor(Math.random() * 2 ** 32));
console.error(`STORM_SEED=${world.seed}`);
console.log(JSON.stringify(await scenario(world)));
process.exit(0);
