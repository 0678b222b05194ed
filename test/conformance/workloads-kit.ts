/** What the tests of workloads on nodes share. */
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";
import { eventually } from "../e2e/harness.ts";
import type { Any, Nodes } from "./nodes-kit.ts";

/** The cluster they run on; asked for when a test runs. */
export interface Workloads {
  api(): Nodes;
  nodes(): { name: string; address: string }[];
}

/** No registry of this name: its pods stay pending. */
export const NO_IMAGE = "no.such.registry.invalid/webserver:404";
/** How long something must not happen. */
const QUIET_MS = 2_000;

export const named = (pods: Any[]): string[] => pods.map(({ metadata }) => metadata.name).sort();
export const uidsOf = (pods: Any[]): string[] => pods.map(({ metadata }) => metadata.uid).sort();
export const imageOf = ({ spec }: Any): string => spec.containers[0].image;
/** A strategic patch of a workload. */
export const withImage = (to: string) => ({
  spec: { template: { spec: { containers: [{ name: "main", image: to }] } } },
});
/** Of a container. */
export const running = (script: string) => ({ command: ["sh", "-c", script] });
export const FOREVER = running("sleep 3600");

/** Waits until all that `ask` finds is as wanted. */
export const becomes = (what: string, ask: () => Promise<unknown>, wanted: unknown, timeoutMs = 60_000) =>
  eventually(what, timeoutMs, async () => {
    const found = await ask();
    if (isDeepStrictEqual(found, wanted)) return true;
    throw new Error(`${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
  });

/** @throws AssertionError when what `ask` finds changes within a while */
export async function stays(ask: () => Promise<unknown>): Promise<void> {
  const before = await ask();
  const until = performance.now() + QUIET_MS;
  while (performance.now() < until) {
    expect(await ask()).toEqual(before);
    await sleep(100);
  }
}
