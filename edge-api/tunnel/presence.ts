/** When a node counts as connected. Pure. */
import { PING_INTERVAL_MS } from "../../machinery/tunnel/contract.ts";
import type { PresenceRecord } from "./host.ts";

/** A tunnel that closed may come back within this time without anybody noticing: a daemon's restart, a deploy. */
export const GRACE_MS = 3_000;
/** Without a ping for this long a tunnel is dead, though its connection may not know it. */
export const SILENCE_MS = 3 * PING_INTERVAL_MS;
const MIN_CHECK_MS = 1_000;

export interface SeenNode {
  name: string;
  record: PresenceRecord | undefined;
  /** Of the node's open tunnel, when it last pinged or was dialled; absent without a tunnel. */
  lastSeenMs: number | undefined;
}

export interface PresencePlan {
  /** Tunnels to close for their silence. */
  silent: string[];
  /** What the store is to be told. */
  report: { name: string; connected: boolean }[];
  /** Records to set before that. */
  put: { name: string; record: PresenceRecord }[];
  /** When to look again; undefined for never. */
  nextMs: number | undefined;
}

/** @param justStarted the object has just come to life: nodes it does not see may be about to dial again */
export function planPresence(seen: SeenNode[], nowMs: number, options: { justStarted: boolean }): PresencePlan {
  const plan: PresencePlan = { silent: [], report: [], put: [], nextMs: undefined };
  const lookAt = (atMs: number): void => {
    plan.nextMs = Math.min(plan.nextMs ?? Number.POSITIVE_INFINITY, Math.max(atMs, nowMs + MIN_CHECK_MS));
  };
  for (const { name, record, lastSeenMs } of seen) {
    const silentSince = lastSeenMs !== undefined && lastSeenMs + SILENCE_MS <= nowMs;
    if (lastSeenMs !== undefined && !silentSince) {
      lookAt(lastSeenMs + SILENCE_MS);
      if (record?.reported && record.goneAtMs === undefined) continue;
      plan.put.push({ name, record: { reported: record?.reported ?? false } });
      if (!record?.reported) plan.report.push({ name, connected: true });
      continue;
    }
    if (silentSince) plan.silent.push(name);
    if (!record) continue;
    const goneAtMs = silentSince ? nowMs : (record.goneAtMs ?? nowMs + (options.justStarted ? SILENCE_MS : GRACE_MS));
    if (goneAtMs !== record.goneAtMs) plan.put.push({ name, record: { ...record, goneAtMs } });
    if (goneAtMs <= nowMs) plan.report.push({ name, connected: false });
    else lookAt(goneAtMs);
  }
  return plan;
}
