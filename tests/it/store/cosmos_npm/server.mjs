// A server of others that speaks Cosmos DB's language, on a free port. It ends with its standard
// input: a test that is killed leaves nothing behind.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { createHttpServer } = require("@vercel/cosmosdb-server");
const { default: Account } = require("@vercel/cosmosdb-server/lib/account/index.js");

// It calls its account one of session consistency, and gives no session token. There is but one
// replica, whose reads are strong.
const read = Account.prototype.read;
Account.prototype.read = function () {
  return { ...read.call(this), userConsistencyPolicy: { defaultConsistencyLevel: "Strong" } };
};

process.stdin.resume().on("end", () => process.exit());
const server = createHttpServer({ keepAlive: true }).listen(0, "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
