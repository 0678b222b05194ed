import type { TunnelCall } from "../link/call.ts";
import type { MessageSocket } from "../link/message-socket.ts";
import { decodeChannel, encodeChannel } from "./channel-protocol.ts";
import { SpdyConnection, type SpdyStream, type UpgradedConnection } from "./spdy/connection.ts";

/** kubectl since 1.30: the WebSocket's messages are the bytes of a SPDY connection, with whatever streams it opens. */
export const SPDY_IN_WEBSOCKET = "SPDY/3.1+portforward.k8s.io";
export const RUNTIME_PROTOCOL = "portforward.k8s.io";

/** Passes the client's SPDY connection through to the runtime. */
export async function tunnelSpdy(call: TunnelCall, { socket, head }: UpgradedConnection): Promise<void> {
  const client = await call.upgrade(SPDY_IN_WEBSOCKET);
  const leave = (): void => void socket.destroy();
  call.signal.addEventListener("abort", leave);
  const inputs = async (): Promise<void> => {
    for (let message = await client.receive(); message !== undefined; message = await client.receive()) {
      const room = socket.write(message);
      if (!room) await new Promise<void>((resolve) => void socket.once("drain", resolve).once("close", resolve));
    }
    socket.end();
  };
  void inputs();
  try {
    if (head.byteLength > 0) await client.send(head);
    for await (const chunk of socket) if (!(await client.send(chunk as Uint8Array))) break;
  } catch (error) {
    if (!call.signal.aborted) throw error;
  } finally {
    call.signal.removeEventListener("abort", leave);
    socket.destroy();
    client.close(1000);
  }
}

/** Older clients' way: per port one channel for data (even) and one for errors (odd), each opened with the port. */
export async function forwardChannels(options: {
  call: TunnelCall;
  protocol: { name: string; base64: boolean };
  ports: number[];
  runtime: UpgradedConnection;
}): Promise<void> {
  const { call, ports } = options;
  const spdy = new SpdyConnection(options.runtime);
  try {
    const client = await call.upgrade(options.protocol.name);
    const protocol = { ...options.protocol, statusAsJson: true, canClose: false };
    const leave = (): void => spdy.close();
    call.signal.addEventListener("abort", leave);
    const forwarded = ports.map((port, index) => new ForwardedPort({ client, protocol, spdy, port, index }));
    for (const port of forwarded) await port.greet();
    const closed = new Promise<void>((resolve) => {
      spdy.onClose = resolve;
    });
    const ended = Promise.all(forwarded.map((port) => port.ended));
    void (async () => {
      for (let message = await client.receive(); message !== undefined; message = await client.receive()) {
        const frame = decodeChannel(protocol, message);
        const target = frame && frame.channel % 2 === 0 ? forwarded[frame.channel / 2] : undefined;
        if (frame && target && !target.data.write(frame.data)) await spdy.drained();
      }
      spdy.close();
    })();
    await Promise.race([ended, closed]);
    call.signal.removeEventListener("abort", leave);
    client.close(1000);
  } finally {
    spdy.close();
  }
}

class ForwardedPort {
  readonly data: SpdyStream;
  /** Both streams of the port have ended. */
  readonly ended: Promise<unknown>;
  readonly #greet: () => Promise<void>;

  constructor(options: {
    client: MessageSocket;
    protocol: Parameters<typeof encodeChannel>[0];
    spdy: SpdyConnection;
    port: number;
    index: number;
  }) {
    const { client, protocol, spdy, port, index } = options;
    const common = { port: String(port), requestid: String(index) };
    const error = spdy.open({ streamtype: "error", ...common });
    // The error stream is only ever written by the runtime.
    error.end();
    this.data = spdy.open({ streamtype: "data", ...common });
    const copy = (stream: SpdyStream, channel: number): Promise<void> => {
      stream.onData = (bytes) => {
        const sent = client.send(encodeChannel(protocol, channel, bytes));
        if (sent === true) return;
        spdy.pause();
        void Promise.resolve(sent).then((open) => (open ? spdy.resume() : spdy.close()));
      };
      return new Promise((resolve) => {
        stream.onEnd = () => resolve();
      });
    };
    this.ended = Promise.all([copy(this.data, index * 2), copy(error, index * 2 + 1)]);
    const number = new Uint8Array([port & 255, port >> 8]);
    this.#greet = async () => {
      await client.send(encodeChannel(protocol, index * 2, number));
      await client.send(encodeChannel(protocol, index * 2 + 1, number));
    };
  }

  greet(): Promise<void> {
    return this.#greet();
  }
}
