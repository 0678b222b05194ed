import { describe, expect, it } from "vitest";
import { isBulk } from "./channels.ts";
import { logError, sessionError } from "./errors.ts";
import { offeredProtocols, requestHeaders, responseHeaders } from "./headers.ts";
import { gatewayFor, nodeSocketOf } from "./route.ts";

describe("headers to a node", () => {
  it("[H1] leave credentials, hop-by-hop headers and the edge's own behind", () => {
    const headers = new Headers({
      accept: "text/html",
      authorization: "Bearer secret",
      connection: "keep-alive, X-Private",
      "x-private": "1",
      "cf-ray": "1",
      "x-kedge-node": "n",
      "impersonate-user": "root",
      "sec-websocket-key": "k",
      "transfer-encoding": "chunked",
      cookie: "c=1",
    });
    expect(requestHeaders(headers)).toEqual([
      ["accept", "text/html"],
      ["cookie", "c=1"],
    ]);
  });

  it("[H2] come back without what no header may hold, and never compressed by others", () => {
    const headers = responseHeaders(
      [
        ["Set-Cookie", "a=1"],
        ["Set-Cookie", "b=2"],
        ["Connection", "close, X-Hop"],
        ["X-Hop", "1"],
        ["Content-Length", "12"],
        ["Bad\nName", "x"],
        ["X-Bad", "a\r\nb: c"],
      ],
      { keepLength: false },
    );
    expect([...headers]).toEqual([
      ["content-encoding", "identity"],
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
    ]);
    expect(responseHeaders([["content-encoding", "gzip"]], { keepLength: true }).get("content-encoding")).toBe("gzip");
  });

  it("[H3] subprotocols are told apart", () => {
    expect(offeredProtocols(new Headers({ "sec-websocket-protocol": "a , b,, c" }))).toEqual(["a", "b", "c"]);
    expect(offeredProtocols(new Headers())).toEqual([]);
  });
});

it.each([
  ["/kedge/v1/nodes/n1/tunnel", { node: "n1", socket: "tunnel" }],
  ["/kedge/v1/nodes/a.b-c/channels/0af", { node: "a.b-c", socket: "channel", channel: "0af" }],
  ["/kedge/v1/nodes/n1/token", undefined],
  ["/kedge/v1/nodes/N1/tunnel", undefined],
  ["/kedge/v1/nodes/n1/channels/xyz", undefined],
  ["/kedge/v1/nodes/a/b/tunnel", undefined],
])("[H4] %s", (path, socket) => expect(nodeSocketOf(path)).toEqual(socket));

it("[H5] one gateway a cluster", () => {
  const namespace = { idFromName: (name: string) => `id-${name}`, get: (id: string) => `stub-${id}` };
  expect(gatewayFor(namespace, { cluster: "c", node: "n" })).toBe("stub-id-c");
});

it.each([
  ["/exec/ns/p/c?tty=1&command=sh", false],
  ["/exec/ns/p/c?command=tar", true],
  ["/attach/ns/p/c?tty=true", false],
  ["/portForward/ns/p", true],
  ["/proxy/http/10.0.0.1:80/ws", false],
])("[H6] %s takes a channel: %s", (path, bulk) => expect(isBulk(path)).toBe(bulk));

it.each([
  [400, "x is waiting", { reason: "BadRequest", message: "x is waiting" }],
  [500, "boom", { reason: "InternalError", message: "Internal error occurred: boom" }],
  [404, "gone", { reason: "NotFound" }],
])("[H7] a log refused with %i", (code, body, status) => {
  expect(logError("/containerLogs/ns/web/c?x", code, body).status).toMatchObject({ code, ...status });
});

it("[H8] a session refused keeps its words, whatever kubectl takes them for", async () => {
  expect(await sessionError(500, 'container not found ("x")').text()).toBe('container not found ("x")');
  expect(await sessionError(500, "runc: no such file").json()).toMatchObject({
    kind: "Status",
    code: 500,
    message: "unable to upgrade connection: runc: no such file",
  });
});
