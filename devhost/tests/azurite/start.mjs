// One of Azurite's services, `queue` or `blob`, on a free port, in this very process, so that
// killing it is the end of it. It also ends with its standard input: a test that is killed leaves
// nothing behind. Clients are often newer than Azurite, and say so.
import { createRequire } from "node:module";

const service = process.argv.pop();
process.argv.push(`--${service}Port`, "0", "--inMemoryPersistence", "--silent");
process.argv.push("--disableTelemetry", "--skipApiVersionCheck");
process.stdin.resume().on("end", () => process.exit());
createRequire(import.meta.url)(`azurite/dist/src/${service}/main.js`);
