import { expect, it } from "vitest";
import { startApi } from "./in-process.ts";

it("[NC1] no certificate for a node that is called what the API server is called", async () => {
  const { request } = await startApi({ serverUrl: "https://api.example.com:6443" });
  const as = (node: string) => ({ user: `system:node:${node}`, groups: ["system:nodes", "system:authenticated"] });
  const ask = (node: string) =>
    request("POST", `/kedge/v1/nodes/${node}/certificate`, {
      as: as(node),
      body: "no request",
      contentType: "text/plain",
    });
  const taken = await ask("api.example.com");
  expect([taken.status, taken.body.message]).toEqual([
    403,
    "api.example.com is the name of the API server, not of a node",
  ]);
  // Another gets as far as its request.
  expect((await ask("n1")).status).toBe(400);
});
