/** `up --foreground`: follows the logs, brings back what dies, and takes everything down at SIGINT or SIGTERM. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Layout } from "../layout.ts";
import { takeDown } from "./down.ts";

const CHECK_INTERVAL_MS = 2_000;

/** @param mend brings back what died; called every two seconds */
export async function stay(layout: Layout, mend: () => Promise<void>): Promise<void> {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stop.abort());
  while (!stop.signal.aborted) {
    await sleep(CHECK_INTERVAL_MS, undefined, { signal: stop.signal }).catch(() => undefined);
    if (stop.signal.aborted) break;
    await mend().catch((error: Error) => process.stderr.write(`kedge: ${error.message}\n`));
  }
  await takeDown(layout, { purge: false });
}
