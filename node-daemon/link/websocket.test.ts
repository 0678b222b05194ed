import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startWebSocketServer, type WebSocketServer } from "../../test/fakes/tunnel-websocket-server.ts";
import { dialWebSocket, UpgradeError } from "./websocket.ts";
import { Opcode } from "./websocket-frame.ts";

let server: WebSocketServer;
beforeAll(async () => {
  server = await startWebSocketServer((request) =>
    request.url === "/refused" ? { status: 403, body: '{"kind":"Status"}' } : undefined,
  );
});
afterAll(() => server.stop());

async function connect(options: { maxMessageBytes?: number } = {}) {
  const dialled = dialWebSocket({
    url: server.url,
    protocols: ["a", "b"],
    timeoutMs: 30_000,
    headers: { "x-test": "1" },
    ...options,
  });
  const remote = await server.accepted();
  const client = await dialled;
  const messages: (string | Uint8Array)[] = [];
  client.onMessage = (message) => void messages.push(message);
  const closed = new Promise<[number, string]>((resolve) => {
    client.onClose = (...how) => resolve(how);
  });
  const took = async (count: number) => {
    while (messages.length < count) await new Promise((resolve) => setImmediate(resolve));
    return messages;
  };
  return { client, remote, messages, closed, took };
}

const sizes = [0, 1, 3, 4, 125, 126, 127, 65_535, 65_536, 200_001];

describe("a WebSocket", () => {
  it("[W1] offers protocols and headers, and no compression", async () => {
    const { client, remote } = await connect();
    expect(client.protocol).toBe("a");
    expect(remote.request.headers).toMatchObject({ "x-test": "1", "sec-websocket-protocol": "a, b" });
    expect(remote.request.headers["sec-websocket-extensions"]).toBeUndefined();
    client.terminate("");
  });

  it.each(sizes)("[W2] carries %i bytes either way", async (size) => {
    const { client, remote, took } = await connect();
    const data = Buffer.alloc(size, "abcdefg");
    client.send(data);
    expect((await remote.next()).payload.equals(data)).toBe(true);
    remote.send(Opcode.BINARY, data);
    const [message] = await took(1);
    expect(Buffer.from(message as Uint8Array).equals(data)).toBe(true);
    client.terminate("");
  });

  it("[W3] puts fragments together, with a ping in between", async () => {
    const { client, remote, took } = await connect();
    remote.send(Opcode.TEXT, "wh", { final: false });
    remote.send(Opcode.PING, "p");
    remote.send(Opcode.CONTINUATION, "ole", { final: true });
    expect(await took(1)).toEqual(["whole"]);
    expect(await remote.next()).toEqual({ opcode: Opcode.PONG, payload: Buffer.from("p") });
    client.terminate("");
  });

  it.each([
    { name: "[W4] a masked frame", bytes: Buffer.of(0x82, 0x81, 1, 2, 3, 4, 5), code: 1002 },
    { name: "[W5] reserved bits", bytes: Buffer.of(0xc2, 0x00), code: 1002 },
    { name: "[W6] an unknown opcode", bytes: Buffer.of(0x83, 0x00), code: 1002 },
    { name: "[W7] a fragment of nothing", bytes: Buffer.of(0x80, 0x00), code: 1002 },
    { name: "[W8] a long control frame", bytes: Buffer.of(0x89, 0x7e, 0, 200), code: 1002 },
    { name: "[W9] a message too long", bytes: Buffer.of(0x82, 0x7e, 0xff, 0xff), code: 1009 },
    { name: "[W10] an endless length", bytes: Buffer.of(0x82, 0x7f, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0), code: 1009 },
  ])("$name ends it", async ({ bytes, code }) => {
    const { remote, closed, messages } = await connect({ maxMessageBytes: 1000 });
    remote.raw.write(bytes);
    expect((await closed)[0]).toBe(code);
    expect(messages).toEqual([]);
    const { opcode, payload } = await remote.next();
    expect([opcode, payload.readUInt16BE(0)]).toEqual([Opcode.CLOSE, code]);
  });

  it("[W11] fragments too long together end it, too", async () => {
    const { remote, closed } = await connect({ maxMessageBytes: 1000 });
    remote.send(Opcode.BINARY, Buffer.alloc(900), { final: false });
    remote.send(Opcode.CONTINUATION, Buffer.alloc(900));
    expect((await closed)[0]).toBe(1009);
  });

  it("[W12] tells how the server closed it, and answers", async () => {
    const { remote, closed } = await connect();
    remote.send(Opcode.CLOSE, Buffer.concat([Buffer.of(0x0f, 0xa9), Buffer.from("why")]));
    expect(await closed).toEqual([4009, "why"]);
    expect((await remote.next()).opcode).toBe(Opcode.CLOSE);
  });

  it("[W13] tells of a lost connection", async () => {
    const { remote, closed } = await connect();
    remote.raw.destroy();
    expect((await closed)[0]).toBe(1006);
  });

  it("[W14] paused takes nothing, and all of it afterwards", async () => {
    const { client, remote, messages, took } = await connect();
    client.pause();
    remote.send(Opcode.TEXT, "one");
    remote.send(Opcode.TEXT, "two");
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(messages).toEqual([]);
    client.resume();
    expect(await took(2)).toEqual(["one", "two"]);
    client.terminate("");
  });

  it("[W15] refused says with which status and words", async () => {
    const error = await dialWebSocket({ url: `${server.url}/refused`, timeoutMs: 30_000 }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(UpgradeError);
    expect(error).toMatchObject({ status: 403, body: '{"kind":"Status"}' });
  });

  it("[W16] to nobody says so", async () => {
    const error = await dialWebSocket({ url: "http://127.0.0.1:1", timeoutMs: 30_000 }).catch((e: unknown) => e);
    expect(error).toMatchObject({ status: 0, message: expect.stringContaining("ECONNREFUSED") });
  });

  it("[W17] pings and hears the answer", async () => {
    const { client, remote } = await connect();
    const pong = new Promise<void>((resolve) => {
      client.onPong = resolve;
    });
    client.ping();
    const { opcode, payload } = await remote.next();
    expect(opcode).toBe(Opcode.PING);
    remote.send(Opcode.PONG, payload);
    await pong;
    client.terminate("");
  });

  it("[W18] says nothing after it was closed", async () => {
    const { client, remote, closed } = await connect();
    client.close(1001, "bye");
    client.send("late");
    expect(await remote.next()).toMatchObject({ opcode: Opcode.CLOSE });
    remote.send(Opcode.CLOSE, Buffer.of(0x03, 0xe9));
    expect(await closed).toEqual([1001, ""]);
    expect(remote.received).toHaveLength(1);
  });
});
