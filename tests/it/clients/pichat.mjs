// A chat app's own client code (pichat-page.js, as its authors' guide prints it) against us. The
// guide sends its examples one after the other, with placeholders for ids; here each waits for the
// answer to the one before, and the id of the chat that was just made takes the placeholder's place.
import { readFile } from 'node:fs/promises';
import vm from 'node:vm';

const [base, token] = process.argv.slice(2);
const headers = token ? { authorization: `Bearer ${token}` } : {};
const { url } = await (await fetch(`${base}/api/negotiate?channel=chats`, { headers })).json();

const heard = [];
const waiting = [];
let chat = null;

class PatientSocket extends WebSocket {
  #waits = [];
  #isFree = false;

  constructor() {
    super(url);
    this.addEventListener('open', () => this.#next());
    this.addEventListener('message', ({ data }) => {
      const frame = JSON.parse(data);
      chat ??= frame.chat?.id;
      // A message comes twice to its sender: as the answer, and as everyone hears it.
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

const code = await readFile(new URL('pichat-page.js', import.meta.url), 'utf8');
const log = (frame) => heard.push(frame);
const done = new Promise((resolve) => waiting.push(resolve));
vm.runInNewContext(code, { WebSocket: PatientSocket, JSON, console: { log } });
await done;
console.log(JSON.stringify(heard));
process.exit(0);
