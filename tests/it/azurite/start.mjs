// Azurite with its three services, in this very process, so that killing it is the end of it. It
// also ends with its standard input: a test that is killed leaves nothing behind. Arguments go to
// Azurite; without ports it takes free ones, and without a location it forgets all. SIGTERM lets it
// write down what it has.
import { createRequire } from 'node:module';

const given = process.argv.slice(2);
const ports = given.some((argument) => argument === '--tablePort')
  ? []
  : ['--blobPort', '0', '--queuePort', '0', '--tablePort', '0'];
const memory = given.some((argument) => argument === '--location') ? [] : ['--inMemoryPersistence'];
process.argv.splice(2, given.length, ...ports, ...given, ...memory, '--silent', '--disableTelemetry');
process.stdin.resume().on('end', () => process.exit());
process.once('SIGTERM', () => process.stdin.destroy());
// Nobody listens any more to what it says at its end.
process.stdout.on('error', () => {});
createRequire(import.meta.url)('azurite/dist/src/azurite.js');
