// Microsoft's client for storage queues.
//   queue.mjs put <queue> <raw text>    creates the queue if it is missing
//   queue.mjs peek <queue>              prints the raw texts; none if the queue is missing
import { QueueClient } from '@azure/storage-queue';

const [order, name, ...rest] = process.argv.slice(2);
const queue = new QueueClient(process.env.STORAGE, name);
const orders = {
  put: async (text) => {
    await queue.createIfNotExists();
    await queue.sendMessage(text);
  },
  peek: async () => {
    const peek = async () => (await queue.peekMessages({ numberOfMessages: 32 })).peekedMessageItems;
    const messages = (await queue.exists()) ? await peek() : [];
    console.log(JSON.stringify(messages.map((message) => message.messageText)));
  },
};
await orders[order](...rest);
