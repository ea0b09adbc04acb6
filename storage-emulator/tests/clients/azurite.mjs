// Runs one of Azurite's services, `blob` or `queue`, on a free port. It runs in this process, so that
// killing the process ends it, and it ends when its standard input does, so that a killed test leaves
// nothing behind. Clients are often newer than Azurite; it must not refuse them for that.
import { createRequire } from "node:module";

const service = process.argv.pop();
process.argv.push(`--${service}Port`, "0", "--inMemoryPersistence", "--silent");
process.argv.push("--disableTelemetry", "--skipApiVersionCheck");
process.stdin.resume().on("end", () => process.exit());
createRequire(import.meta.url)(`azurite/dist/src/${service}/main.js`);
