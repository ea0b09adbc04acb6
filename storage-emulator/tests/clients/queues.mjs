// Uses an account through Microsoft's queue client, and prints the results as JSON.
import {
  QueueClient,
  QueueSASPermissions,
  QueueServiceClient,
} from "@azure/storage-queue";

const service = QueueServiceClient.fromConnectionString(process.env.STORAGE);
const saw = {};
const code = (work) => work.then(() => "done", (error) => error.code ?? error.message);

const queue = service.getQueueClient("letters");
saw.absent = await code(queue.peekMessages());
await queue.create({ metadata: { owner: "me" } });
saw.createdAgain = await code(queue.create({ metadata: { owner: "you" } }));
await queue.sendMessage("first & <foremost>, wörld");
await queue.sendMessage("hidden", { visibilityTimeout: 3600 });
saw.peeked = (await queue.peekMessages({ numberOfMessages: 32 })).peekedMessageItems.map(
  ({ messageText, dequeueCount }) => [messageText, dequeueCount],
);

const [message] = (await queue.receiveMessages({ visibilityTimeout: 600 })).receivedMessageItems;
saw.received = [message.messageText, message.dequeueCount];
saw.receivedAgain = (await queue.receiveMessages()).receivedMessageItems.length;
const update = await queue.updateMessage(message.messageId, message.popReceipt, "second", 0);
saw.oldReceipt = await code(queue.deleteMessage(message.messageId, message.popReceipt));
const [again] = (await queue.receiveMessages()).receivedMessageItems;
saw.updated = [again.messageText, again.dequeueCount, again.messageId === message.messageId];
saw.updatedReceipt = await code(queue.deleteMessage(again.messageId, update.popReceipt));
saw.deleted = await code(queue.deleteMessage(again.messageId, again.popReceipt));
saw.deletedAgain = await code(queue.deleteMessage(again.messageId, again.popReceipt));

let properties = await queue.getProperties();
saw.properties = [properties.approximateMessagesCount, properties.metadata];
await queue.setMetadata({ owner: "you" });
await queue.clearMessages();
properties = await queue.getProperties();
saw.cleared = [properties.approximateMessagesCount, properties.metadata];
saw.tooLarge = await code(queue.sendMessage("x".repeat(65537)));
await queue.sendMessage("x".repeat(65536));

const shared = (permissions, hours) =>
  new QueueClient(
    queue.generateSasUrl({
      permissions: QueueSASPermissions.parse(permissions),
      expiresOn: new Date(Date.now() + hours * 3600_000),
    }),
  );
saw.mayAdd = await code(shared("a", 1).sendMessage("shared"));
saw.mayNotRead = await code(shared("a", 1).peekMessages());
saw.mayProcess = await code(shared("p", 1).receiveMessages());
saw.expired = await code(shared("a", -1).sendMessage("late"));

saw.listed = [];
for await (const item of service.listQueues()) saw.listed.push(item.name);
await service.getQueueClient("other").create();
saw.removed = await code(queue.delete());
console.log(JSON.stringify(saw));
