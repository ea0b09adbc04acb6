// Runs a chat app's client code (chat-page.js, as its authors' guide prints it) against our handler.
// The guide sends its examples one after the other, with placeholders for ids; here each frame waits
// for the answer to the previous one, and the new chat's id replaces the placeholder.
import { readFile } from 'node:fs/promises';
import vm from 'node:vm';

const [base, token] = process.argv.slice(2);
const headers = token ? { authorization: `Bearer ${token}` } : {};
const { url } = await (await fetch(`${base}/api/negotiate?channel=chats`, { headers })).json();

const received = [];
const waiting = [];
let chat = null;

class SequentialSocket extends WebSocket {
  #waits = [];
  #isFree = false;

  constructor() {
    super(url);
    this.addEventListener('open', () => this.#next());
    this.addEventListener('message', ({ data }) => {
      const frame = JSON.parse(data);
      chat ??= frame.chat?.id;
      // The sender gets a message twice: as the answer and as the broadcast.
      if (frame.type !== 'MESSAGE') this.#next();
    });
  }

  send(text) {
    this.#waits.push(text);
    if (this.#isFree) this.#next();
  }

  #next() {
    const text = this.#waits.shift();
    this.#isFree = text === undefined;
    if (this.#isFree) return waiting.forEach((done) => done());
    super.send(text.replaceAll('chat-id-here', chat));
  }
}

const code = await readFile(new URL('chat-page.js', import.meta.url), 'utf8');
const log = (frame) => received.push(frame);
const done = new Promise((resolve) => waiting.push(resolve));
vm.runInNewContext(code, { WebSocket: SequentialSocket, JSON, console: { log } });
await done;
console.log(JSON.stringify(received));
process.exit(0);
