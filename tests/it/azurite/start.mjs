// Azurite with its three services, in this very process, so that killing it is the end of it. It
// also ends with its standard input: a test that is killed leaves nothing behind. Arguments go to
// Azurite; without ports it takes free ones, and without a location it forgets all. SIGTERM lets it
// write down what it has.
import { createRequire } from 'node:module';
import net from 'node:net';
import tls from 'node:tls';

const given = process.argv.slice(2);
const ports = given.includes('--tablePort')
  ? []
  : ['--blobPort', '0', '--queuePort', '0', '--tablePort', '0'];
const memory = given.some((argument) => argument === '--location') ? [] : ['--inMemoryPersistence'];
// It would close connections after five idle seconds, just as a call goes out on one of them; Azure
// keeps them for minutes.
const patience = ['blob', 'queue', 'table'].flatMap((service) => [`--${service}KeepAliveTimeout`, '300']);
process.argv.splice(2, given.length, ...ports, ...given, ...patience, ...memory, '--silent', '--disableTelemetry');
process.stdin.resume().on('end', () => process.exit());

// Azurite takes Entra tokens only over HTTPS. Its certificate is of its own making, so each
// service gets an address that speaks plain HTTP and passes it on.
const say = console.log;
console.log = (line) => {
  const [, service, port] = /^(.* listening at )https:.*:(\d+)$/.exec(line) ?? [];
  if (!service) return say(line);
  const bridge = net.createServer((plain) => {
    const secure = tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
    plain.on('error', () => secure.destroy()).on('close', () => secure.destroy());
    secure.on('error', () => plain.destroy()).on('close', () => plain.destroy());
    plain.pipe(secure).pipe(plain);
  });
  bridge.listen(0, '127.0.0.1', () => say(`${service}http://127.0.0.1:${bridge.address().port}`));
};
process.once('SIGTERM', () => process.stdin.destroy());
// Nobody listens any more to what it says at its end.
process.stdout.on('error', () => {});
createRequire(import.meta.url)('azurite/dist/src/azurite.js');
