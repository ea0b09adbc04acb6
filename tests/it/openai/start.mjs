// Runs aimock, which speaks Azure OpenAI's protocol, in this process. Tests add what it answers over
// HTTP. It ends when standard input closes, so that a killed test leaves nothing running.
import { LLMock } from '@copilotkit/aimock';

process.stdin.resume().on('end', () => process.exit());
const mock = new LLMock({ port: 0, journalMaxEntries: 0 });
await mock.start();
console.log(mock.url);
