// Microsoft's queue client, for the tests: `put QUEUE TEXT` or `peek QUEUE`.
import { QueueServiceClient } from "@azure/storage-queue";

const [action, name, text] = process.argv.slice(2);
const queue = QueueServiceClient.fromConnectionString(process.env.STORAGE).getQueueClient(name);

if (action === "put") {
  await queue.createIfNotExists();
  await queue.sendMessage(text);
} else {
  const { peekedMessageItems } = await queue.peekMessages({ numberOfMessages: 32 });
  console.log(JSON.stringify(peekedMessageItems.map((message) => message.messageText)));
}
