/** The kernel's mounts, by way of mount(8): Node has no call for them. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const TIMEOUT_MS = 30_000;

/** Undoes the octal escapes of mountinfo. */
const plainText = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

export interface MountPoint {
  path: string;
  fsType: string;
}

/** Mount points at or below `directory`, outermost first. */
export async function mountsUnder(directory: string): Promise<MountPoint[]> {
  const found: MountPoint[] = [];
  for (const line of (await readFile("/proc/self/mountinfo", "utf8")).split("\n")) {
    const fields = line.split(" ");
    const path = plainText(fields[4] ?? "");
    if (path !== directory && !path.startsWith(`${directory}/`)) continue;
    found.push({ path, fsType: fields[fields.indexOf("-") + 1] ?? "" });
  }
  return found;
}

export async function isMountPoint(path: string): Promise<boolean> {
  return (await mountsUnder(path)).some((mount) => mount.path === path);
}

/** @param sizeBytes absent: half of the memory, as the kernel has it */
export async function mountTmpfs(path: string, { sizeBytes }: { sizeBytes?: number | undefined } = {}): Promise<void> {
  const options = ["nodev", "nosuid", "mode=0777", ...(sizeBytes === undefined ? [] : [`size=${sizeBytes}`])];
  await run("mount", ["-t", "tmpfs", "-o", options.join(","), "tmpfs", path], { timeout: TIMEOUT_MS });
}

/**
 * Binds what an open file descriptor of this process stands for, so that nobody can put something else in its place
 * meanwhile.
 */
export async function bindDescriptor(descriptor: number, target: string): Promise<void> {
  const source = `/proc/${process.pid}/fd/${descriptor}`;
  await run("mount", ["--no-canonicalize", "--bind", source, target], { timeout: TIMEOUT_MS });
}

/** Unmounts all at or below `directory`, innermost first. @throws Error when one stays */
export async function unmountUnder(directory: string): Promise<void> {
  for (const { path } of (await mountsUnder(directory)).reverse()) {
    try {
      await run("umount", [path], { timeout: TIMEOUT_MS });
    } catch {
      // Busy: off the tree now, gone when its last user is.
      await run("umount", ["--lazy", path], { timeout: TIMEOUT_MS });
    }
  }
}
