import type { GatewayHost, GatewaySocket } from "./host.ts";

/** How long a node may take from its HEAD to dialling the channel it was asked for. */
const DIAL_MS = 15_000;

/**
 * Bulk WebSockets: the client's connection and one that the node dials are the two ends of one pair, which the platform
 * joins itself: no message passes through the gateway's code, and neither side can outrun the other. The price is
 * that the object stays awake while one is open, so what sits idle for long (a terminal) does not use them.
 */
export class Channels<Socket extends GatewaySocket> {
  readonly #host: GatewayHost<Socket>;
  readonly #waiting = new Map<
    string,
    { node: string; socket: Socket; protocol: string | undefined; stop: () => void }
  >();

  /** Channels that nodes were asked to dial and have not said that they will. */
  readonly #asked = new Map<string, { node: string; answered: Promise<void> }>();

  constructor(host: GatewayHost<Socket>) {
    this.#host = host;
  }

  /**
   * A node was asked to dial. It may do so before its answer is here: they come on two connections.
   *
   * @param answered settles when the channel is open, or will not be
   */
  asked({ channel, node, answered }: { channel: string; node: string; answered: Promise<unknown> }): void {
    const over = (): void => void this.#asked.delete(channel);
    this.#asked.set(channel, { node, answered: answered.then(over, over) });
  }

  /** The client's answer; the other end waits for the node. */
  open(options: { channel: string; node: string; protocol: string | undefined }): Response {
    const { client, server } = this.#host.pair();
    const stop = this.#host.clock.after(DIAL_MS, () => this.fail(options.channel, "the node did not connect"));
    this.#waiting.set(options.channel, { node: options.node, socket: server, protocol: options.protocol, stop });
    return this.#host.upgrade(client, options.protocol);
  }

  /** A node dials. */
  async join(options: { channel: string; node: string }): Promise<Response> {
    const asked = this.#asked.get(options.channel);
    if (asked?.node === options.node) await asked.answered;
    const waiting = this.#take(options.channel, options.node);
    if (!waiting) return new Response("no such channel\n", { status: 404 });
    return this.#host.upgrade(waiting.socket, waiting.protocol);
  }

  /** The node will not dial. */
  fail(channel: string, why: string): void {
    const waiting = this.#waiting.get(channel);
    if (!waiting || !this.#take(channel, waiting.node)) return;
    this.#host.discard(waiting.socket, 1011, why);
  }

  #take(channel: string, node: string) {
    const waiting = this.#waiting.get(channel);
    if (waiting?.node !== node) return undefined;
    waiting.stop();
    this.#waiting.delete(channel);
    return waiting;
  }
}

/** Whether a WebSocket is likely to move much and not to sit idle: all but terminals. */
export function isBulk(path: string): boolean {
  const [route, query] = path.split("?", 2);
  if (/^\/(exec|attach)\//.test(route!)) return !["1", "true"].includes(new URLSearchParams(query).get("tty") ?? "");
  return route!.startsWith("/portForward/");
}
