// An OpenID provider controlled over standard input: one JSON line in, one JSON line out.
import { createPublicKey } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { OAuth2Issuer, OAuth2Service } from 'oauth2-mock-server';

const issuer = new OAuth2Issuer();
const service = new OAuth2Service(issuer);
const fetched = { keys: 0, configuration: 0 };
// The endpoint where App Service issues tokens for an app's managed identity.
service.addRoute('GET', '/msi/token', async (request, response) => {
  const audience = new URL(request.url, issuer.url).searchParams.get('resource');
  const given = request.headers['x-identity-header'] === 'the-identity-header';
  const token = await issuer.buildToken({
    scopesOrTransform: (header, payload) => Object.assign(payload, { aud: audience }),
  });
  const expires = `${Math.floor(Date.now() / 1000) + 3600}`;
  const answer = { access_token: token, expires_on: expires, resource: audience, token_type: 'Bearer' };
  response.writeHead(given ? 200 : 401, { 'content-type': 'application/json' });
  response.end(JSON.stringify(given ? answer : {}));
});
let held = null;
const answer = async (request, response) => {
  if (request.url.startsWith('/jwks')) fetched.keys += 1;
  if (request.url.startsWith('/.well-known')) fetched.configuration += 1;
  await held?.promise;
  service.requestHandler(request, response);
};
let server;
let port = 0;
const listen = () =>
  new Promise((done) => {
    server = createServer(answer).listen(port, '127.0.0.1', () => {
      port = server.address().port;
      done();
    });
  });

const commands = {
  async key({ alg, kid }) {
    await issuer.keys.generate(alg, { kid });
    return {};
  },
  async token({ kid, claims, alg }) {
    const transform = (header, payload) => {
      Object.assign(payload, claims);
      if (alg) header.alg = alg;
    };
    return { token: await issuer.buildToken({ kid, scopesOrTransform: transform }) };
  },
  async publicKey({ kid }) {
    const key = issuer.keys.toJSON().find((key) => key.kid === kid);
    const publicKey = createPublicKey({ key, format: 'jwk' });
    const pem = publicKey.export({ type: 'spki', format: 'pem' });
    return { key, pem, pkcs1: publicKey.export({ type: 'pkcs1', format: 'pem' }) };
  },
  async fetched() {
    return fetched;
  },
  async hold() {
    held = Promise.withResolvers();
    return {};
  },
  async release() {
    held.resolve();
    held = null;
    return {};
  },
  async away() {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    return {};
  },
  async back() {
    await listen();
    return {};
  },
};

await listen();
issuer.url = `http://127.0.0.1:${port}`;
console.log(JSON.stringify({ url: issuer.url }));
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  console.log(JSON.stringify(await commands[command.do](command)));
}
process.exit(0);
