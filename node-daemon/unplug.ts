/**
 * A node that lives in a network namespace of its own ends with it, as a machine whose plug is pulled: no goodbye, every
 * process of it gone at once.
 */
import { readdirSync, statSync, watch } from "node:fs";
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

/** A namespace this process has been seen to be in. */
export interface OwnNamespace {
  readonly name: string;
  readonly inode: number;
}

/** undefined when this process is not in the namespace of that name. */
export function ownNamespace(name: string): OwnNamespace | undefined {
  const own = inode("/proc/self/ns/net");
  return own !== undefined && inode(join(DIRECTORY, name)) === own ? { name, inode: own } : undefined;
}

/** Calls back once when the namespace is deleted or replaced. */
export function watchNamespace(
  { name, inode: own }: OwnNamespace,
  { clock, log, gone }: { clock: Clock; log: Log; gone: () => void },
): () => void {
  const path = join(DIRECTORY, name);
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

/** Processes in a network namespace, this one left out. */
function processesIn(namespace: OwnNamespace): number[] {
  const pids: number[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    try {
      if (statSync(`/proc/${name}/ns/net`).ino === namespace.inode) pids.push(Number(name));
    } catch {
      // It has ended meanwhile, or does not let itself be looked at, as kernel threads do.
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
 *
 * @throws Error when that would be the machine itself; nothing is killed then
 */
export async function endNode(namespace: OwnNamespace, podProcesses: () => Promise<Set<number>>): Promise<void> {
  const here = inode("/proc/self/ns/net");
  const pids = processesIn(namespace);
  if (here !== namespace.inode || pids.includes(1)) {
    throw new Error(`network namespace ${namespace.name} is not this node's own: nothing is killed`);
  }
  for (const pid of pids) kill(pid);
  for (let round = 0; round < 3; round++) for (const pid of await podProcesses()) kill(pid);
}
