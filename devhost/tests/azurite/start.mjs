// Azurite's queue service on a free port. It ends with its standard input, so that it cannot
// outlive the test that started it.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";

const main = createRequire(import.meta.url).resolve("azurite/dist/src/queue/main.js");
const options = ["--queuePort", "0", "--inMemoryPersistence", "--silent", "--disableTelemetry"];
const service = spawn(process.execPath, [main, ...options], { stdio: ["ignore", "inherit", "inherit"] });
process.stdin.resume().on("end", () => service.kill());
service.on("exit", (code) => process.exit(code ?? 0));
