#!/usr/bin/env node
// A custom handler for the tests. The request says what it should do.
import { createServer } from "node:http";

const port = Number(process.env.FUNCTIONS_CUSTOMHANDLER_PORT);
let pings = 0;

function body(request) {
  return new Promise((resolve) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk)).on("end", () => resolve(Buffer.concat(chunks)));
  });
}

const server = createServer(async (request, response) => {
  if (request.url === "/") pings += 1;
  if (request.url === "/api/pipe") {
    // Answers while it reads.
    request.pipe(response);
    return;
  }
  if (request.url === "/api/refuse") {
    // Answers and disconnects before it has read anything.
    response.writeHead(413, { Connection: "close", "Content-Length": 2 });
    response.end("no");
    return;
  }
  const content = await body(request);
  const url = new URL(request.url, "http://handler");
  const [, first, second, argument] = url.pathname.split("/");
  const json = (value) => {
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify(value));
  };
  if (first === "api" && second === "exit") {
    process.exit(Number(argument));
  } else if (first === "api" && second === "self") {
    json({ pings, pid: process.pid, cwd: process.cwd(), arguments: process.argv.slice(2), env: process.env });
  } else if (first === "api" && second === "hang") {
    // Never answers.
    console.log("hanging");
  } else if (first === "api" && second === "say") {
    console.log(`said ${argument === "id" ? request.headers["x-azure-functions-invocationid"] : argument}`);
    response.end();
  } else if (first === "api" && second === "stream") {
    response.write("one\n");
    // Sends the second half when the caller confirms that it got the first.
    server.once("go", () => response.end("two\n"));
  } else if (first === "api" && second === "go") {
    server.emit("go");
    response.end();
  } else if (first === "queue_fn") {
    const text = JSON.parse(JSON.parse(content).Data.msg);
    if (text.startsWith("fail")) response.statusCode = 500;
    json(text.startsWith("copy") ? { Outputs: { out: { copied: text } } } : {});
  } else if (request.method === "POST" && !first.startsWith("api") && first !== "") {
    json({ Logs: [content.toString()] });
  } else {
    json({ method: request.method, url: request.url, headers: request.headers, body: content.toString() });
  }
});

console.log("a line on stdout");
console.error("a Warning on stderr");
console.error("an error on stderr");
console.log("LanguageWorkerConsoleLog a line for the system log");
server.listen(port, "127.0.0.1");
