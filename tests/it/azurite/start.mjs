// Runs Azurite's three services in this process, so that killing the process ends them. They also
// end when standard input closes, so that a killed test leaves nothing running. Arguments go to
// Azurite; without ports it picks free ones, and without a location it keeps data in memory only.
// On SIGTERM it saves its data. A line of standard input is a number of seconds by which Azurite's clock
// moves forward, so that no test waits until a hidden message is visible again.
import { createRequire } from 'node:module';
import net from 'node:net';
import tls from 'node:tls';

const all = process.argv.slice(2);
const given = all.filter((argument) => argument !== '--no-bridge');
const ports = given.includes('--tablePort')
  ? []
  : ['--blobPort', '0', '--queuePort', '0', '--tablePort', '0'];
const memory = given.some((argument) => argument === '--location') ? [] : ['--inMemoryPersistence'];
// By default Azurite closes idle connections after five seconds, possibly just as a call is sent on
// one; Azure keeps them for minutes.
const keepAlive = ['blob', 'queue', 'table'].flatMap((service) => [`--${service}KeepAliveTimeout`, '300']);
process.argv.splice(2, all.length, ...ports, ...given, ...keepAlive, ...memory, '--silent', '--disableTelemetry');
let ahead = 0;
process.stdin.setEncoding('utf8').on('end', () => process.exit()).on('data', (lines) => {
  for (const seconds of lines.trim().split('\n')) ahead += Number(seconds) * 1000;
});
const now = Date.now;
Date.now = () => now() + ahead;
globalThis.Date = new Proxy(Date, {
  construct: (date, given, type) => Reflect.construct(date, given.length > 0 ? given : [Date.now()], type),
});

// Azurite accepts Entra tokens only over HTTPS. Nobody knows the authority of its certificate, so each
// service gets a plain HTTP address that forwards to it, unless `--no-bridge` is given.
const log = console.log;
console.log = (line) => {
  const [, service, port] = /^(.* listening at )https:.*:(\d+)$/.exec(line) ?? [];
  if (!service || given.length < all.length) return log(line);
  const bridge = net.createServer((plain) => {
    const secure = tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
    plain.on('error', () => secure.destroy()).on('close', () => secure.destroy());
    secure.on('error', () => plain.destroy()).on('close', () => plain.destroy());
    plain.pipe(secure).pipe(plain);
  });
  bridge.listen(0, '127.0.0.1', () => log(`${service}http://127.0.0.1:${bridge.address().port}`));
};
process.once('SIGTERM', () => process.stdin.destroy());
// Nobody reads its last lines of output.
process.stdout.on('error', () => {});
createRequire(import.meta.url)('azurite/dist/src/azurite.js');
