/**
 * Processes that outlive the command that started them. Each is known by a pid file that also holds the process's
 * start time, so that a pid the kernel has given to somebody else since is never taken for ours.
 */
import { spawn } from "node:child_process";
import fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { readIfExists, writeFileAtomic } from "../files.ts";

/** Field 22 of /proc/PID/stat: clock ticks since boot. Undefined when there is no such process. */
function startTicks(pid: number): string | undefined {
  const stat = readIfExists(`/proc/${pid}/stat`);
  // The command name in parentheses may hold spaces and parentheses itself; fields go on behind the last one.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields?.[0] === "Z" ? undefined : fields?.[19];
}

export interface Daemon {
  pidFile: string;
}

/** The pid of the live process a pid file speaks of. */
export function runningPid({ pidFile }: Daemon): number | undefined {
  const [pid, ticks] = (readIfExists(pidFile) ?? "").trim().split(" ");
  return pid && ticks && startTicks(Number(pid)) === ticks ? Number(pid) : undefined;
}

/** Puts this very process into a pid file. */
export function writeOwnPid({ pidFile }: Daemon): void {
  writeFileAtomic(pidFile, `${process.pid} ${startTicks(process.pid)}\n`, 0o600);
}

export interface DaemonSpec extends Daemon {
  command: string[];
  env?: NodeJS.ProcessEnv;
  logFile: string;
  cwd?: string;
}

/** Starts a detached process in a session of its own; its output is appended to the log file. */
export function startDaemon({ command, env, logFile, pidFile, cwd }: DaemonSpec): number {
  const [program, ...args] = command;
  if (!program) throw new Error("startDaemon: empty command");
  const log = fs.openSync(logFile, "a", 0o600);
  try {
    const child = spawn(program, args, {
      detached: true,
      stdio: ["ignore", log, log],
      env: env ?? process.env,
      ...(cwd && { cwd }),
    });
    child.on("error", () => {}); // an unstartable program shows as an undefined pid
    if (child.pid === undefined) throw new Error(`cannot start ${program}`);
    const ticks = startTicks(child.pid);
    if (ticks !== undefined) writeFileAtomic(pidFile, `${child.pid} ${ticks}\n`, 0o600);
    child.unref();
    return child.pid;
  } finally {
    fs.closeSync(log);
  }
}

/** SIGTERM, then SIGKILL after `graceMs`. Resolves once the process is gone; false if there was none. */
export async function stopDaemon(daemon: Daemon, graceMs: number): Promise<boolean> {
  const pid = runningPid(daemon);
  if (pid !== undefined) {
    signal(pid, "SIGTERM");
    const deadline = performance.now() + graceMs;
    while (runningPid(daemon) !== undefined) {
      if (performance.now() > deadline) signal(pid, "SIGKILL");
      await sleep(20);
    }
  }
  fs.rmSync(daemon.pidFile, { force: true });
  return pid !== undefined;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
