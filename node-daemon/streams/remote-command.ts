import type { Status } from "../../machinery/meta/status.ts";
import type { TunnelCall } from "../link/call.ts";
import type { MessageSocket } from "../link/message-socket.ts";
import { Channel, type ChannelProtocol, decodeChannel, encodeChannel } from "./channel-protocol.ts";
import { SpdyConnection, type SpdyStream, type UpgradedConnection } from "./spdy/connection.ts";

export interface RemoteCommandOptions {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
}

/** What the runtime's streaming server speaks since Kubernetes 1.4: its error stream carries a Status as JSON. */
export const RUNTIME_PROTOCOL = "v4.channel.k8s.io";
const MAX_STATUS_BYTES = 64 * 1024;

/** Carries exec or attach between a client's WebSocket and the runtime, until the command ends or the client leaves. */
export async function runRemoteCommand(options: {
  call: TunnelCall;
  protocol: ChannelProtocol;
  streams: RemoteCommandOptions;
  runtime: UpgradedConnection;
}): Promise<void> {
  const { call, protocol, streams } = options;
  const spdy = new SpdyConnection(options.runtime);
  try {
    const client = await call.upgrade(protocol.name);
    const session = new RemoteCommand(client, protocol, spdy);
    // What is empty says to clients that wait for it that the connection is there.
    await session.greet(streams);
    const done = session.outputs(streams);
    const leave = (): void => spdy.close();
    call.signal.addEventListener("abort", leave);
    void session.inputs(streams);
    const status = await done;
    call.signal.removeEventListener("abort", leave);
    await session.tell(status);
    client.close(1000);
  } finally {
    spdy.close();
  }
}

class RemoteCommand {
  readonly #client: MessageSocket;
  readonly #protocol: ChannelProtocol;
  readonly #spdy: SpdyConnection;
  readonly #error: SpdyStream;
  #slow: Promise<unknown> | undefined;

  constructor(client: MessageSocket, protocol: ChannelProtocol, spdy: SpdyConnection) {
    this.#client = client;
    this.#protocol = protocol;
    this.#spdy = spdy;
    this.#error = spdy.open({ streamtype: "error" });
  }

  async greet({ stdout, stderr }: RemoteCommandOptions): Promise<void> {
    await this.#send(stdout ? Channel.STDOUT : stderr ? Channel.STDERR : Channel.ERROR, new Uint8Array(0));
  }

  /** Copies the command's output to the client. @returns the command's end, once all of it is on its way */
  async outputs({ stdout, stderr, tty }: RemoteCommandOptions): Promise<Status | string> {
    const ended = [this.#status()];
    if (stdout) ended.push(this.#output("stdout", Channel.STDOUT));
    // A terminal has one output.
    if (stderr && !tty) ended.push(this.#output("stderr", Channel.STDERR));
    const [status] = await Promise.all(ended);
    await this.#slow;
    return status ?? failure("the container runtime closed the connection before the command ended");
  }

  /** Copies what the client sends to the command, until the client leaves. */
  async inputs({ stdin, tty }: RemoteCommandOptions): Promise<void> {
    const input = stdin ? this.#spdy.open({ streamtype: "stdin" }) : undefined;
    const resize = tty ? this.#spdy.open({ streamtype: "resize" }) : undefined;
    for (let message = await this.#client.receive(); message !== undefined; message = await this.#client.receive()) {
      const frame = decodeChannel(this.#protocol, message);
      if (!frame) continue;
      const { channel, data } = frame;
      if (channel === Channel.STDIN && input?.write(data) === false) await this.#spdy.drained();
      else if (channel === Channel.RESIZE) resize?.write(data);
      else if (channel === Channel.CLOSE && this.#protocol.canClose && data[0] === Channel.STDIN) input?.end();
    }
  }

  /** Says how the command ended. */
  async tell(status: Status | string): Promise<void> {
    if (typeof status === "string") {
      // As the runtime wrote it: its messages and causes are what clients look for.
      const { status: outcome, message } = parseStatus(status) ?? failure(`unreadable status: ${status}`);
      if (this.#protocol.statusAsJson) await this.#send(Channel.ERROR, Buffer.from(status));
      else if (outcome !== "Success") await this.#send(Channel.ERROR, Buffer.from(message ?? ""));
      return;
    }
    const text = this.#protocol.statusAsJson ? JSON.stringify(status) : (status.message ?? "");
    await this.#send(Channel.ERROR, Buffer.from(text));
  }

  #output(type: "stdout" | "stderr", channel: number): Promise<undefined> {
    const stream = this.#spdy.open({ streamtype: type });
    stream.onData = (data) => {
      const sent = this.#send(channel, data);
      if (sent === true) return;
      // The client is behind: so shall the command be.
      this.#spdy.pause();
      this.#slow = Promise.resolve(sent).then((open) => {
        if (open) this.#spdy.resume();
        else this.#spdy.close();
      });
    };
    return new Promise((resolve) => {
      stream.onEnd = () => resolve(undefined);
    });
  }

  /** The runtime's word on the command's end, as text; undefined when the connection ended without one. */
  #status(): Promise<string | undefined> {
    const parts: Uint8Array[] = [];
    let bytes = 0;
    this.#error.onData = (data) => {
      bytes += data.byteLength;
      if (bytes <= MAX_STATUS_BYTES) parts.push(data);
    };
    return new Promise((resolve) => {
      this.#error.onEnd = () => resolve(bytes === 0 ? undefined : Buffer.concat(parts).toString());
    });
  }

  #send(channel: number, data: Uint8Array): Promise<boolean> | boolean {
    return this.#client.send(encodeChannel(this.#protocol, channel, data));
  }
}

function parseStatus(text: string): Status | undefined {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Status) : undefined;
  } catch {
    return undefined;
  }
}

const failure = (message: string): Status => ({
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Failure",
  message,
  reason: "InternalError",
  code: 500,
});
