// Uses an account through Microsoft's blob client, and prints the results as JSON.
import { BlobSASPermissions, BlobServiceClient, BlockBlobClient } from "@azure/storage-blob";

const service = BlobServiceClient.fromConnectionString(process.env.STORAGE);
const saw = {};
const code = (work) =>
  work.then(() => "done", (error) => error.code ?? error.statusCode ?? error.message);

const container = service.getContainerClient("files");
saw.absent = await code(container.getBlockBlobClient("a").upload("x", 1));
await container.create();
saw.createdAgain = await code(container.create());

const name = "notes/ä & <b>/one.txt";
const blob = container.getBlockBlobClient(name);
await blob.upload("0123456789", 10, {
  blobHTTPHeaders: { blobContentType: "text/plain", blobCacheControl: "no-cache" },
  metadata: { owner: "me" },
});
const text = async (response) => (await response.blobBody) ?? (await buffer(response.readableStreamBody));
const buffer = async (stream) => {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString();
};
saw.whole = await text(await blob.download());
saw.part = await text(await blob.download(2, 3));
saw.rest = await text(await blob.download(8));
saw.behind = await code(blob.download(10, 1));
let properties = await blob.getProperties();
saw.properties = [
  properties.contentLength,
  properties.contentType,
  properties.cacheControl,
  properties.metadata,
];
saw.notAgain = await code(blob.upload("x", 1, { conditions: { ifNoneMatch: "*" } }));
saw.wrongTag = await code(blob.upload("x", 1, { conditions: { ifMatch: '"0x1"' } }));
saw.rightTag = await code(blob.upload("new", 3, { conditions: { ifMatch: properties.etag } }));
saw.replaced = await text(await blob.download());

await container.getBlockBlobClient("notes/two.txt").upload("", 0);
await container.getBlockBlobClient("top.txt").upload("t", 1);
saw.flat = [];
for await (const page of container.listBlobsFlat().byPage({ maxPageSize: 2 })) {
  saw.flat.push(page.segment.blobItems.map((item) => [item.name, item.properties.contentLength]));
}
saw.folders = [];
for await (const item of container.listBlobsByHierarchy("/")) saw.folders.push([item.kind, item.name]);

const shared = async (permissions, hours, of = blob) =>
  new BlockBlobClient(
    await of.generateSasUrl({
      permissions: BlobSASPermissions.parse(permissions),
      expiresOn: new Date(Date.now() + hours * 3600_000),
    }),
  );
saw.mayRead = await text(await (await shared("r", 1)).download());
saw.mayNotWrite = await code((await shared("r", 1)).upload("x", 1));
saw.mayOnlyCreate = await code((await shared("c", 1)).upload("x", 1));
saw.expired = await code((await shared("r", -1)).download());
const url = new URL((await shared("r", 1)).url);
url.pathname = url.pathname.replace(/notes.*/, "top.txt");
saw.another = await code(new BlockBlobClient(url.href).download());

const log = container.getAppendBlobClient("log");
await log.create();
const at = (appendPosition) => ({ conditions: { appendPosition } });
saw.appended = (await log.appendBlock("abc", 3, at(0))).blobAppendOffset;
saw.appendedAgain = await code(log.appendBlock("abc", 3, at(0)));
saw.appendedNext = (await log.appendBlock("de", 2, at(3))).blobAppendOffset;
saw.appendedTooMuch = await code(log.appendBlock("xyz", 3, { conditions: { maxSize: 7 } }));
saw.appendedToAnother = await code(container.getAppendBlobClient("top.txt").appendBlock("x", 1));
saw.createdOnce = await code(log.create({ conditions: { ifNoneMatch: "*" } }));
saw.log = await text(await log.download());
properties = await log.getProperties();
saw.logProperties = [properties.contentLength, properties.blobType];
await log.delete();
saw.appendedToNothing = await code(log.appendBlock("x", 1));

saw.blocks = await code(blob.stageBlock("AAAA", "x", 1));
saw.deleted = await code(blob.delete());
saw.deletedAgain = await code(blob.delete());
saw.exists = await blob.exists();
console.log(JSON.stringify(saw));
