// Uses signed URLs as a browser does: plain requests, without a client library. Prints the answers
// as JSON, without those parts that may differ between storage services.
import {
  BlobSASPermissions,
  BlobServiceClient,
  ContainerSASPermissions,
} from "@azure/storage-blob";

const service = BlobServiceClient.fromConnectionString(process.env.STORAGE);
const ORIGIN = "http://page.test";
// For a service whose CORS rules cannot be configured from outside.
const rule = {
  allowedOrigins: ORIGIN,
  allowedMethods: "GET,HEAD,PUT,DELETE,OPTIONS",
  allowedHeaders: "*",
  exposedHeaders: "*",
  maxAgeInSeconds: 600,
};
if (process.env.CONFIGURE) await service.setProperties({ cors: [rule] });

const saw = {};
const hours = (count) => new Date(Date.now() + count * 3600_000);
const container = service.getContainerClient("uploads");
saw.created = (await container.create())._response.status;

const signed = (name, permissions, more = {}) =>
  container.getBlockBlobClient(name).generateSasUrl({
    permissions: BlobSASPermissions.parse(permissions),
    expiresOn: hours(1),
    ...more,
  });

const SHOWN = [
  "accept-ranges",
  "access-control-allow-origin",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-length",
  "content-range",
  "content-type",
  "x-ms-blob-type",
  "x-ms-error-code",
  "x-ms-meta-owner",
];

async function ask(url, method = "GET", headers = {}, body = undefined) {
  let answer;
  try {
    answer = await fetch(url, { method, headers, body });
  } catch (error) {
    return { broken: error.cause?.message ?? error.message };
  }
  const text = await answer.text();
  const error = text.match(/<Code>(\w+)<\/Code>/)?.[1];
  const shown = { status: answer.status };
  for (const name of SHOWN) {
    const value = answer.headers.get(name);
    // The text of an error, and so its length, may differ.
    if (value !== null && !(answer.status >= 300 && name.startsWith("content-"))) shown[name] = value;
  }
  if (answer.ok && method !== "DELETE") {
    const always = ["etag", "last-modified", "date", "x-ms-request-id", "x-ms-version"];
    shown.lacks = always.filter((name) => !answer.headers.has(name));
  }
  if (error) shown.error = error;
  else if (text) shown.text = text;
  return shown;
}

const block = { "x-ms-blob-type": "BlockBlob" };
const names = ["plain.txt", "a b+c/%25ü&'(1).png", "dots/../x", "q?#.txt"];
for (const name of names) {
  saw[`put ${name}`] = await ask(await signed(name, "cw"), "PUT", {
    ...block,
    "content-type": "text/plain",
    "x-ms-blob-content-disposition": 'attachment; filename="own.txt"',
    "x-ms-meta-owner": "me",
  }, "0123456789");
  saw[`get ${name}`] = await ask(await signed(name, "r"));
}
const plain = (permissions, more) => signed("plain.txt", permissions, more);
saw.withoutType = (await ask(await plain("cw"), "PUT", {}, "x")).status;
saw.pageType = (await ask(await plain("cw"), "PUT", { "x-ms-blob-type": "Nonsense" }, "x")).status;
saw.createOnlyThere = await ask(await plain("c"), "PUT", block, "x");
saw.createOnlyNew = await ask(await signed("new", "c"), "PUT", block, "x");
saw.empty = await ask(await signed("empty", "cw"), "PUT", { ...block, "content-type": "" }, "");
saw.getEmpty = await ask(await signed("empty", "r"));
saw.wrongLetter = await ask(await plain("r"), "PUT", block, "x");
saw.notThere = await ask(await signed("nothing", "r"));
saw.notThereHead = await ask(await signed("nothing", "r"), "HEAD");

saw.head = await ask(await plain("r"), "HEAD");
const overrides = {
  cacheControl: "no-store",
  contentDisposition: 'inline; filename="other.txt"',
  contentEncoding: "identity",
  contentLanguage: "de",
  contentType: "image/png",
};
saw.overridden = await ask(await plain("r", overrides));
saw.overriddenHead = await ask(await plain("r", overrides), "HEAD");
const tampered = new URL(await plain("r", { contentType: "image/png" }));
tampered.searchParams.set("rsct", "text/html");
saw.overriddenByAnother = await ask(tampered);

for (const range of ["bytes=2-4", "bytes=8-", "bytes=8-99", "bytes=10-", "bytes=4-2", "bytes=-3", "nonsense"]) {
  saw[`range ${range}`] = await ask(await plain("r"), "GET", { range });
  saw[`x-ms-range ${range}`] = await ask(await plain("r"), "GET", { "x-ms-range": range });
}
saw.headRange = await ask(await plain("r"), "HEAD", { range: "bytes=2-4" });

const etag = (await fetch(await plain("r"))).headers.get("etag");
saw.unchanged = await ask(await plain("r"), "GET", { "if-none-match": etag });
saw.changed = await ask(await plain("r"), "GET", { "if-match": '"0x0"' });
saw.putAgain = await ask(await plain("cw"), "PUT", { ...block, "if-none-match": "*" }, "x");
saw.putIfMatch = await ask(await plain("cw"), "PUT", { ...block, "if-match": '"0x0"' }, "x");

saw.expired = await ask(await plain("r", { startsOn: hours(-2), expiresOn: hours(-1) }));
saw.early = await ask(await plain("r", { startsOn: hours(1), expiresOn: hours(2) }));
saw.started = (await ask(await plain("r", { startsOn: hours(-1) }))).status;
saw.httpsOnly = await ask(await plain("r", { protocol: "https" }));
saw.bothProtocols = (await ask(await plain("r", { protocol: "https,http" }))).status;
saw.fromHere = (await ask(await plain("r", { ipRange: { start: "127.0.0.0", end: "127.0.0.9" } }))).status;
saw.fromElsewhere = await ask(await plain("r", { ipRange: { start: "10.0.0.1" } }));
saw.unsigned = await ask((await plain("r")).split("?")[0]);
saw.otherBlob = await ask((await plain("r")).replace("plain.txt", "new"));
saw.brokenSignature = await ask((await plain("r")).replace(/sig=../, "sig=AA"));
saw.morePermissions = await ask((await plain("r")).replace("sp=r", "sp=rw"));

const all = await container.generateSasUrl({
  permissions: ContainerSASPermissions.parse("rl"),
  expiresOn: hours(1),
});
const list = await fetch(`${all}&restype=container&comp=list&prefix=p`);
saw.list = [list.status, [...(await list.text()).matchAll(/<Name>(.*?)<\/Name>/g)].map((found) => found[1])];
saw.ofContainer = (await ask(all.replace("/uploads?", "/uploads/plain.txt?"))).text;
saw.listByBlob = await ask(`${(await plain("r")).replace("/plain.txt", "")}&restype=container&comp=list`);

const preflight = (origin, method, headers) => ({
  origin,
  "access-control-request-method": method,
  ...(headers && { "access-control-request-headers": headers }),
});
const open = async (headers) => {
  const answer = await fetch(await plain("cw"), { method: "OPTIONS", headers });
  const allowed = ["origin", "methods", "headers"].map((name) =>
    answer.headers.get(`access-control-allow-${name}`),
  );
  return [answer.ok, ...allowed];
};
saw.mayPut = await open(preflight(ORIGIN, "PUT", "content-type,x-ms-blob-type"));
saw.mayGet = await open(preflight(ORIGIN, "GET"));
saw.otherMayNot = await open(preflight("http://other.test", "PUT", "x-ms-blob-type"));
saw.fromPage = await ask(await plain("cw"), "PUT", { ...block, origin: ORIGIN }, "page");
const fetched = await fetch(await plain("r"), { headers: { origin: ORIGIN } });
saw.exposed = ["etag", "content-length", "x-ms-blob-type"].map((name) =>
  (fetched.headers.get("access-control-expose-headers") ?? "").toLowerCase().split(",").includes(name),
);
saw.refusedToPage = await ask((await plain("r")).replace(/sig=../, "sig=AA"), "GET", { origin: ORIGIN });
saw.fromOther = await ask(await plain("r"), "GET", { origin: "http://other.test" });

saw.mayNotDelete = await ask(await plain("r"), "DELETE");
saw.deleted = await ask(await plain("d"), "DELETE");
saw.deletedAgain = await ask(await plain("d"), "DELETE");
console.log(JSON.stringify(saw));
