// Azurite's queue service on a free port, in this very process, so that killing it is the end
// of it. It also ends with its standard input: a test that is killed leaves nothing behind.
import { createRequire } from "node:module";

process.argv.push("--queuePort", "0", "--inMemoryPersistence", "--silent", "--disableTelemetry");
process.stdin.resume().on("end", () => process.exit());
createRequire(import.meta.url)("azurite/dist/src/queue/main.js");
