import { expect, it } from "vitest";
import { createAuthority } from "../../edge-api/access/certificates.ts";
import { serverCertificateRequest } from "../builders/certificates.ts";
import { START_MS, startApi } from "./in-process.ts";

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

it("[NC2] a certificate is for where pods find the API, not for addresses that a node says it has", async () => {
  const authority = await createAuthority(START_MS);
  const api = await startApi({ authority });
  await api.create("/api/v1/nodes", { metadata: { name: "n1" } });
  await api.patch("/api/v1/nodes/n1/status", {
    status: { addresses: [{ type: "InternalIP", address: "203.0.113.1" }] },
  });
  const ask = async (...addresses: string[]) =>
    api.request("POST", "/kedge/v1/nodes/n1/certificate", {
      as: { user: "system:node:n1", groups: ["system:nodes", "system:authenticated"] },
      body: await serverCertificateRequest(addresses),
      contentType: "application/pkcs10",
    });
  expect((await ask("10.96.0.1")).status).toBe(201);
  const more = await ask("10.96.0.1", "203.0.113.1");
  expect([more.status, more.body.message]).toEqual([
    400,
    "the certificate request asks for names that are not this node's: 203.0.113.1",
  ]);
});
