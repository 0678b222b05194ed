/**
 * A node that lives in a network namespace of its own ends with it, as a machine whose plug is pulled: no goodbye, every
 * process of it gone at once.
 */
import { readdirSync, readlinkSync, statSync, watch } from "node:fs";
import { dirname, join } from "node:path";
import type { Clock } from "../machinery/clock.ts";
import type { Log } from "./contracts.ts";

const DIRECTORY = "/run/netns";
/** Beside the watch, which a file system may not offer. */
const POLL_MS = 2_000;

/** What tells one namespace from the next of the same name. */
function inode(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Whether this process is in the namespace of that name. */
export const isInNamespace = (name: string): boolean => inode(join(DIRECTORY, name)) === inode("/proc/self/ns/net");

/** Calls back once when the namespace is deleted or replaced. */
export function watchNamespace(
  name: string,
  { clock, log, gone }: { clock: Clock; log: Log; gone: () => void },
): () => void {
  const path = join(DIRECTORY, name);
  const own = inode(path);
  let ended = false;
  let cancel = (): void => {};
  const stop = (): void => {
    ended = true;
    cancel();
    watcher?.close();
  };
  const look = (): void => {
    if (ended || inode(path) === own) return;
    stop();
    gone();
  };
  const poll = (): void => {
    cancel = clock.after(POLL_MS, () => {
      look();
      if (!ended) poll();
    });
  };
  let watcher: ReturnType<typeof watch> | undefined;
  try {
    watcher = watch(dirname(path), look);
    watcher.on("error", (error) => log.debug("watching namespaces failed", { error: String(error) }));
  } catch (error) {
    log.debug("namespaces are polled", { error: String(error) });
  }
  poll();
  return stop;
}

/** Processes in this process' network namespace, itself left out. */
function neighbours(): number[] {
  const own = readlinkSync("/proc/self/ns/net");
  const pids: number[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    try {
      if (readlinkSync(`/proc/${name}/ns/net`) === own) pids.push(Number(name));
    } catch {
      // It has ended meanwhile, or is the kernel's.
    }
  }
  return pids;
}

const kill = (pid: number): void => {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
};

/**
 * Kills the runtime and its helpers (they share the node's namespace), then the pods' processes (they have namespaces
 * of their own, and cgroups).
 */
export async function endNode(name: string, podProcesses: () => Promise<Set<number>>): Promise<void> {
  // On the machine itself "the same namespace" would be everything that runs.
  if (readlinkSync("/proc/self/ns/net") === readlinkSync("/proc/1/ns/net")) {
    throw new Error(`the daemon is not in network namespace ${name}: nothing is killed`);
  }
  for (const pid of neighbours()) kill(pid);
  for (let round = 0; round < 3; round++) for (const pid of await podProcesses()) kill(pid);
}
