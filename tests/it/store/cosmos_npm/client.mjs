// Microsoft's client, against the address and key that are given: prints what it saw.
import { BulkOperationType, CosmosClient } from "@azure/cosmos";

const [endpoint, key] = process.argv.slice(2);
const options = {
  endpoint,
  // Without it the client keeps no session.
  consistencyLevel: "Session",
  connectionPolicy: { enableBackgroundEndpointRefreshing: false },
};
const client = () => new CosmosClient({ ...options, key });
const status = (call) => call.then((done) => done.statusCode, (error) => error.code);
const say = (seen) => console.log(JSON.stringify(seen));

const one = client();
const { database } = await one.databases.createIfNotExists({ id: "sdk" });
const definition = { id: "items", partitionKey: { paths: ["/pk"] } };
const { container } = await database.containers.createIfNotExists(definition);
const { items } = container;
const item = (id) => container.item(id, "p");
const body = (id, n) => ({ id, pk: "p", n });
const ifMatch = (condition) => ({ accessCondition: { type: "IfMatch", condition } });

const first = await items.create(body("a", 1));
const second = await item("a").replace(body("a", 2), ifMatch(first.etag));
say({
  create: first.statusCode,
  createAgain: await status(items.create(body("a", 1))),
  replace: second.statusCode,
  replaceOld: await status(item("a").replace(body("a", 3), ifMatch(first.etag))),
  deleteOld: await status(item("a").delete(ifMatch(first.etag))),
  read: (await item("a").read()).resource.n,
  readOtherCase: (await item("A").read()).statusCode,
  upsert: (await items.upsert(body("b", 1))).statusCode,
  delete: await status(item("b").delete()),
  readDeleted: (await item("b").read()).statusCode,
  wrongKey: await status(
    new CosmosClient({ ...options, key: btoa("another") }).database("sdk").read(),
  ),
});

const create = (id) => ({ operationType: BulkOperationType.Create, resourceBody: body(id, 1) });
const read = (id) => ({ operationType: BulkOperationType.Read, id });
const codes = (done) => done.result.map((result) => result.statusCode);
const replace = (id, etag) => ({
  operationType: BulkOperationType.Replace,
  id,
  ifMatch: etag,
  resourceBody: body(id, 9),
});
const remove = (id) => ({ operationType: BulkOperationType.Delete, id });
say({
  batch: codes(await items.batch(["c", "d", "e"].map(create), "p")),
  batchOfConflict: await items.batch([create("x"), create("c"), create("y")], "p").then(codes),
  batchOfOld: await items.batch([create("x"), replace("a", first.etag)], "p").then(codes),
  batchOfNothing: await items.batch([remove("nothing"), create("x")], "p").then(codes),
  batchOfReads: (await items.batch([read("a")], "p")).result[0].resourceBody.n,
  nothingLeft: (await item("x").read()).statusCode,
});

const query = {
  query: "SELECT c.id FROM c WHERE c.pk = @pk AND c.id >= @start ORDER BY c.id",
  parameters: [
    { name: "@pk", value: "p" },
    { name: "@start", value: "b" },
  ],
};
const pages = [];
const iterator = items.query(query, { partitionKey: "p", maxItemCount: 2 });
while (iterator.hasMoreResults()) {
  const page = await iterator.fetchNext();
  pages.push((page.resources ?? []).map(({ id }) => id));
}
say({ pages: pages.filter((page) => page.length > 0) });

// Another session: it has seen none of the first one's writes.
const other = client().database("sdk").container("items");
await items.create(body("z", 1));
const ids = async (from) => (await from.items.query(query, { partitionKey: "p" }).fetchAll()).resources;
say({
  own: (await item("z").read()).statusCode,
  ownQuery: (await ids(container)).some(({ id }) => id === "z"),
  others: (await other.item("z", "p").read()).statusCode,
  othersQuery: (await ids(other)).some(({ id }) => id === "z"),
  othersBatch: codes(await other.items.batch([read("z")], "p")),
  othersAfterBatch: (await other.item("z", "p").read()).statusCode,
});
