import { describe, expect, it } from "vitest";
import { FrameType, PING, PING_INTERVAL_MS, PONG, TunnelCloseCode } from "../../machinery/tunnel/contract.ts";
import { decodeFrame, encodeControl, encodeFrame } from "../../machinery/tunnel/frame.ts";
import { ManualClock } from "../../test/fakes/cluster-clock.ts";
import { CallError, type CallHandler } from "./call.ts";
import { redialDelayMs } from "./redial.ts";
import { TunnelClient } from "./tunnel-client.ts";
import type { WebSocketClient } from "./websocket.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

class Socket {
  readonly sent: (string | Uint8Array)[] = [];
  onMessage: (message: string | Uint8Array) => void = () => {};
  onClose: (code: number, reason: string) => void = () => {};
  closedWith: number | undefined;
  terminated = "";

  send(message: string | Uint8Array): boolean {
    this.sent.push(message);
    return true;
  }
  close(code: number): void {
    this.closedWith = code;
  }
  terminate(reason: string): void {
    this.terminated = reason;
    this.onClose(1006, reason);
  }
  frames() {
    return this.sent.filter((message) => typeof message !== "string").map(decodeFrame);
  }
}

function start(handler: CallHandler = async () => {}) {
  const clock = new ManualClock();
  const sockets: Socket[] = [];
  const states: boolean[] = [];
  let dials = 0;
  let refuse = false;
  const client = new TunnelClient({
    dial: async () => {
      dials++;
      if (refuse) throw new Error("no route");
      const socket = new Socket();
      sockets.push(socket);
      return socket as unknown as WebSocketClient;
    },
    nodeName: "n1",
    handler,
    clock,
    random: () => 0.999,
    log: silent,
    onState: (up) => states.push(up),
  });
  client.start();
  return {
    client,
    clock,
    sockets,
    states,
    dials: () => dials,
    refuse: (is: boolean) => {
      refuse = is;
    },
  };
}

describe("the tunnel client", () => {
  it("[T1] pings every 10 s while it is answered", async () => {
    const { clock, sockets } = start();
    await settle();
    for (let count = 0; count < 5; count++) {
      sockets[0]!.onMessage(PONG);
      clock.advance(PING_INTERVAL_MS);
    }
    expect(sockets[0]!.sent).toEqual(Array(6).fill(PING));
    expect(sockets).toHaveLength(1);
  });

  it("[T2] leaves an edge that does not answer, and dials at once", async () => {
    const { clock, sockets, states } = start();
    await settle();
    sockets[0]!.onMessage(PONG);
    clock.advance(PING_INTERVAL_MS);
    clock.advance(PING_INTERVAL_MS);
    expect(sockets[0]!.terminated).toBe("the edge does not answer pings");
    clock.advance(200);
    await settle();
    expect(sockets).toHaveLength(2);
    expect(states).toEqual([true, false, true]);
  });

  it("[T3] dials less and less often while nobody answers", async () => {
    const { clock, dials, refuse, sockets } = start();
    refuse(true);
    sockets.length = 0;
    await settle();
    for (let count = 0; count < 8; count++) {
      clock.advance(10_000);
      await settle();
    }
    const late = dials();
    clock.advance(9_000);
    await settle();
    expect(dials()).toBe(late);
    clock.advance(1_000);
    await settle();
    expect(dials()).toBe(late + 1);
  });

  it("[T4] that was replaced does not fight", async () => {
    const { clock, sockets } = start();
    await settle();
    sockets[0]!.onMessage(PONG);
    clock.advance(PING_INTERVAL_MS);
    sockets[0]!.onClose(TunnelCloseCode.REPLACED, "");
    clock.advance(9_000);
    await settle();
    expect(sockets).toHaveLength(1);
    clock.advance(1_000);
    await settle();
    expect(sockets).toHaveLength(2);
  });

  it("[T5] stopped says goodbye and does not come back", async () => {
    const { client, clock, sockets } = start();
    await settle();
    client.stop();
    expect(sockets[0]!.closedWith).toBe(1001);
    sockets[0]!.onClose(1001, "");
    clock.advance(60_000);
    await settle();
    expect(sockets).toHaveLength(1);
  });

  it("[T6] closes on an edge that breaks the protocol", async () => {
    const { sockets } = start();
    await settle();
    sockets[0]!.onMessage(Uint8Array.of(1, 2, 3));
    expect(sockets[0]!.closedWith).toBe(TunnelCloseCode.PROTOCOL_ERROR);
  });
});

describe("a call", () => {
  const open = encodeFrame(FrameType.OPEN, 1, encodeControl({ method: "GET", path: "/x", headers: [] }));
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

  async function call(handler: CallHandler) {
    const { sockets } = start(handler);
    await settle();
    sockets[0]!.onMessage(open);
    await settle();
    return sockets[0]!;
  }

  it.each([
    { name: "[T7] an error that is an answer", error: new CallError(409, "busy"), status: 409, body: "busy" },
    { name: "[T8] any other error", error: new Error("disk on fire"), status: 500, body: "disk on fire" },
  ])("$name becomes one", async ({ error, status, body }) => {
    const socket = await call(async () => {
      throw error;
    });
    const frames = socket.frames();
    expect(frames.map(({ type }) => type)).toEqual([FrameType.HEAD, FrameType.DATA, FrameType.END]);
    expect(JSON.parse(text(frames[0]!.payload)).status).toBe(status);
    expect(text(frames[1]!.payload)).toBe(body);
  });

  it("[T9] failing half-way is broken off", async () => {
    const socket = await call(async (it) => {
      it.respond({ status: 200, headers: [] });
      throw new Error("lost");
    });
    expect(socket.frames().map(({ type }) => type)).toEqual([FrameType.HEAD, FrameType.RESET]);
  });

  it("[T10] hears that its client left", async () => {
    let heard = "";
    const socket = await call(async (it) => {
      it.respond({ status: 200, headers: [] });
      await new Promise((resolve) => it.signal.addEventListener("abort", resolve));
      heard = (it.signal.reason as Error).message;
    });
    socket.onMessage(encodeFrame(FrameType.RESET, 1, encodeControl({ message: "left" })));
    await settle();
    expect(heard).toBe("left");
  });

  it("[T11] that upgrades what is no upgrade is refused", async () => {
    const socket = await call(async (it) => void (await it.upgrade()));
    expect(JSON.parse(text(socket.frames()[0]!.payload)).status).toBe(400);
  });
});

it("[T12] delays double from 0.2 s to 10 s, in their upper half", () => {
  expect([0, 1, 2, 5, 6, 100].map((failures) => redialDelayMs(failures, 0))).toEqual([100, 200, 400, 3200, 5000, 5000]);
  expect([0, 6].map((failures) => redialDelayMs(failures, 1))).toEqual([200, 10_000]);
});
