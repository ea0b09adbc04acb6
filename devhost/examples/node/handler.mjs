#!/usr/bin/env node
import { createServer } from "node:http";
import { json } from "node:stream/consumers";

createServer(async (request, response) => {
  if (request.method === "GET") return response.end(`Node was asked for ${request.url}`);
  const invocation = await json(request);
  const text = JSON.parse(invocation.Data.msg);
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify({ Logs: [`Node got ${text}`] }));
}).listen(process.env.FUNCTIONS_CUSTOMHANDLER_PORT, "127.0.0.1");
