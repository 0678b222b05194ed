/**
 * Node ports: one row for each that is taken, in a resource of the store's that is not served, written in the same
 * transaction as the service.
 */
import type { Environment } from "../environment.ts";

const FIRST = 30_000;
const LAST = 32_767;
/** Handed out only when the rest is full, so that fixed ports seldom meet given ones: as upstream, 86 of 2768. */
const RESERVED = 86;
const RESOURCE = "nodeports.kedge";

const keyOf = (port: number) => ({ resource: RESOURCE, namespace: "", name: String(port) });

/** What one write of one service takes; nothing is written yet. */
export class PortPlan {
  readonly #env: Environment;
  readonly #taken = new Set<number>();

  constructor(env: Environment) {
    this.#env = env;
  }

  #isFree(port: number): boolean {
    return !this.#taken.has(port) && this.#env.store.get(keyOf(port)) === undefined;
  }

  /** Returns why the port cannot be had, in upstream's words, or undefined. */
  take(port: number): string | undefined {
    if (port < FIRST || port > LAST)
      return `provided port is not in the valid range. The range of valid ports is ${FIRST}-${LAST}`;
    if (!this.#isFree(port)) return "provided port is already allocated";
    this.#taken.add(port);
    return undefined;
  }

  /** A free one. Undefined when all are taken. */
  takeAny(): number | undefined {
    const upper = LAST - FIRST + 1 - RESERVED;
    const start = Math.floor(this.#env.random() * upper);
    for (let i = 0; i < upper; i++) {
      const port = FIRST + RESERVED + ((start + i) % upper);
      if (this.take(port) === undefined) return port;
    }
    for (let port = FIRST; port < FIRST + RESERVED; port++) if (this.take(port) === undefined) return port;
    return undefined;
  }
}

/** Takes a port for a service ("namespace/name"). @throws StoreError when somebody has it */
export function claimPort(env: Environment, port: number, service: string): void {
  env.store.create(keyOf(port), () => JSON.stringify({ service }));
}

/** Gives a port back; one that nobody has, or another service, is let be. */
export function releasePort(env: Environment, port: number, service: string): void {
  const row = env.store.get(keyOf(port));
  if (row?.value === JSON.stringify({ service })) env.store.delete(keyOf(port), row.revision, () => row.value);
}
