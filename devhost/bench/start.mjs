// Measures the time from the start of a process to its first answer: for the handler alone, and with the host.
// `node start.mjs FOLDER_OF_THE_RELEASE_BUILD [RUNS]`
import { spawn } from "node:child_process";
import { get } from "node:http";
import { fileURLToPath } from "node:url";

const [build, runs = "15"] = process.argv.slice(2);
const app = fileURLToPath(new URL(".", import.meta.url));
const environment = { ...process.env, FLOOR: `${build}/examples/floor` };

const answers = (port) =>
  new Promise((resolve) => {
    const request = get({ port, host: "127.0.0.1", path: "/api/echo", agent: false }, (answer) =>
      answer.resume().on("end", () => resolve(answer.statusCode === 200)),
    );
    request.on("error", () => resolve(false));
  });

async function first(program, parameters, port, more = {}) {
  const started = performance.now();
  const process = spawn(program, parameters, { env: { ...environment, ...more }, stdio: "ignore" });
  while (!(await answers(port)));
  const took = performance.now() - started;
  await new Promise((resolve) => {
    process.on("exit", resolve);
    process.kill("SIGTERM");
  });
  return took;
}

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1].toFixed(1);
const [alone, hosted] = [[], []];
for (let run = 0; run < Number(runs); run += 1) {
  alone.push(await first(environment.FLOOR, [], 7173, { FUNCTIONS_CUSTOMHANDLER_PORT: "7173" }));
  const parameters = ["--app", app, "--port", "7174", "--quiet"];
  hosted.push(await first(`${build}/functions-devhost`, parameters, 7174));
}
console.log(`the handler alone: ${median(alone)} ms, through devhost: ${median(hosted)} ms (medians)`);
