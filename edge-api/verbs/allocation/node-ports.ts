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
const isFree = (env: Environment, port: number): boolean => env.store.get(keyOf(port)) === undefined;

/** Undefined when all are taken. */
export function pickPort(env: Environment): number | undefined {
  const upper = LAST - FIRST + 1 - RESERVED;
  const start = Math.floor(env.random() * upper);
  for (let i = 0; i < upper; i++) {
    const port = FIRST + RESERVED + ((start + i) % upper);
    if (isFree(env, port)) return port;
  }
  for (let port = FIRST; port < FIRST + RESERVED; port++) if (isFree(env, port)) return port;
  return undefined;
}

/** Takes a port for a service ("namespace/name"). Returns what is wrong with it, in upstream's words, or undefined. */
export function claimPort(env: Environment, port: number, service: string): string | undefined {
  if (port < FIRST || port > LAST)
    return `provided port is not in the valid range. The range of valid ports is ${FIRST}-${LAST}`;
  if (!isFree(env, port)) return "provided port is already allocated";
  env.store.create(keyOf(port), () => JSON.stringify({ service }));
  return undefined;
}

/** Gives a port back; one that nobody has is let be. */
export function releasePort(env: Environment, port: number): void {
  const row = env.store.get(keyOf(port));
  if (row) env.store.delete(keyOf(port), row.revision, () => row.value);
}
