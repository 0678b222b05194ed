/** One command at a time on a data directory: an flock-like file that dies with its process. */
import fs from "node:fs";
import path from "node:path";
import { Failure } from "./failure.ts";
import type { Layout } from "./layout.ts";
import { type Daemon, runningPid, writeOwnPid } from "./system/process.ts";

/** @throws Failure while another command holds it */
export async function withLock<T>(layout: Layout, work: () => Promise<T>): Promise<T> {
  fs.mkdirSync(layout.dataDir, { recursive: true, mode: 0o700 });
  const lock: Daemon = { pidFile: path.join(layout.dataDir, "lock") };
  const holder = runningPid(lock);
  if (holder !== undefined && holder !== process.pid) {
    throw new Failure(`another kedge command (pid ${holder}) is at work on ${layout.dataDir}: wait for it to end`);
  }
  writeOwnPid(lock);
  try {
    return await work();
  } finally {
    fs.rmSync(lock.pidFile, { force: true });
  }
}
