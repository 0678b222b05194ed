/** Asks the node's own resolvers about everything that is not the cluster's. */
import { keyOf, ResponseCache } from "./cache.ts";
import { askTcp, type Resolver, UdpExchange } from "./exchange.ts";
import { type Query, Rcode } from "./message.ts";
import { rcodeOf, relayResponse } from "./relay.ts";

export interface ForwarderOptions {
  resolvers: readonly Resolver[];
  /** 0 to 65535, not to be guessed. */
  randomId: () => number;
  now: () => number;
}

/** Clients give up after 5 s (glibc); two tries must fit. */
const TIMEOUT_MS = 2000;
/** For a resolver that has not answered lately. */
const DOWN_TIMEOUT_MS = 500;
const TRIES = 2;
const FAILURES_UNTIL_DOWN = 3;
const MAX_PENDING = 1000;

export class ForwardError extends Error {}

export class Forwarder {
  readonly #randomId: () => number;
  readonly #now: () => number;
  readonly #cache = new ResponseCache();
  readonly #failures = new Map<string, number>();
  /** One question asked by many at once is passed on once. */
  readonly #pending = new Map<string, Promise<Buffer>>();
  #exchanges: { resolver: Resolver; udp: UdpExchange }[] = [];

  constructor({ resolvers, randomId, now }: ForwarderOptions) {
    this.#randomId = randomId;
    this.#now = now;
    this.use(resolvers);
  }

  /** Asks these from now on; no change when they are the same. */
  use(resolvers: readonly Resolver[]): void {
    const same =
      resolvers.length === this.#exchanges.length &&
      resolvers.every(
        (r, i) => r.ip === this.#exchanges[i]?.resolver.ip && r.port === this.#exchanges[i]?.resolver.port,
      );
    if (same) return;
    for (const { udp } of this.#exchanges) udp.close();
    this.#exchanges = resolvers.map((resolver) => ({ resolver, udp: new UdpExchange(resolver, this.#randomId) }));
  }

  close(): void {
    this.use([]);
  }

  /** The response to `query`, whole; it may be cut by its own server when `transport` is udp. @throws ForwardError */
  async forward(query: Query, transport: "udp" | "tcp"): Promise<Buffer> {
    const cached = this.#cache.get(query, this.#now());
    if (cached) return cached;
    const key = `${keyOf(query)}/${transport}`;
    let pending = this.#pending.get(key);
    if (!pending) {
      if (this.#pending.size >= MAX_PENDING) throw new ForwardError("too many questions are waiting for an answer");
      pending = this.#ask(query, transport).finally(() => this.#pending.delete(key));
      this.#pending.set(key, pending);
    }
    const response = await pending;
    try {
      return relayResponse(response, query, 0);
    } catch (error) {
      if (error instanceof RangeError) throw new ForwardError(`malformed answer: ${error.message}`);
      throw error;
    }
  }

  async #ask(query: Query, transport: "udp" | "tcp"): Promise<Buffer> {
    if (this.#exchanges.length === 0) throw new ForwardError("this node has no resolver to ask");
    const errors: string[] = [];
    const order = this.#inOrder();
    for (let i = 0; i < TRIES; i++) {
      const exchange = order[i % order.length] as (typeof order)[0];
      const id = idOf(exchange.resolver);
      try {
        const response = await this.#askOne(exchange, query, transport);
        this.#failures.delete(id);
        // A resolver that fails may have a sibling that does not.
        if (rcodeOf(response) === Rcode.SERVFAIL && i + 1 < TRIES && order.length > 1) continue;
        if (transport === "udp" || rcodeOf(response) !== Rcode.SERVFAIL) this.#keep(query, response);
        return response;
      } catch (error) {
        this.#failures.set(id, (this.#failures.get(id) ?? 0) + 1);
        errors.push(`${id}: ${(error as Error).message}`);
      }
    }
    throw new ForwardError(errors.join("; "));
  }

  #keep(query: Query, response: Buffer): void {
    try {
      this.#cache.put(query, response, this.#now());
    } catch (error) {
      if (!(error instanceof RangeError)) throw error; // malformed; the caller finds out
    }
  }

  /** In the order of resolv.conf; those that are down last. */
  #inOrder(): { resolver: Resolver; udp: UdpExchange }[] {
    const down = (e: { resolver: Resolver }): number => (this.#isDown(e.resolver) ? 1 : 0);
    return [...this.#exchanges].sort((a, b) => down(a) - down(b));
  }

  #isDown(resolver: Resolver): boolean {
    return (this.#failures.get(idOf(resolver)) ?? 0) >= FAILURES_UNTIL_DOWN;
  }

  async #askOne(
    { resolver, udp }: { resolver: Resolver; udp: UdpExchange },
    query: Query,
    transport: "udp" | "tcp",
  ): Promise<Buffer> {
    const timeoutMs = this.#isDown(resolver) ? DOWN_TIMEOUT_MS : TIMEOUT_MS;
    if (transport === "tcp") return askTcp(query, resolver, { id: this.#randomId(), timeoutMs });
    const response = await udp.ask(query, { timeoutMs, edns: true });
    const rcode = rcodeOf(response);
    // Servers from before EDNS refuse it.
    if (rcode !== Rcode.FORMERR && rcode !== Rcode.NOTIMP) return response;
    return udp.ask(query, { timeoutMs, edns: false });
  }
}

const idOf = ({ ip, port }: Resolver): string => `${ip}#${port}`;
