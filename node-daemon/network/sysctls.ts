/** Kernel settings of the daemon's network namespace, and putting them back. */
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Log } from "../contracts.ts";

/** Dots of the usual notation as slashes: "net/ipv4/ip_forward". */
export interface Sysctl {
  path: string;
  value: string;
  why: string;
}

export const SYSCTLS: readonly Sysctl[] = [
  { path: "net/ipv4/ip_forward", value: "1", why: "the node routes its pods' packets" },
  {
    path: "net/ipv4/conf/all/route_localnet",
    value: "1",
    why: "NodePorts and hostPorts answer on 127.0.0.1; our rules keep others from reaching loopback",
  },
];

interface Place {
  /** "/proc/sys" */
  root: string;
  /** Where the values found before ours are kept until restore. */
  stateFile: string;
}

type Saved = { [path: string]: { before: string; set: string } };

/** Sets what differs, and remembers what was there. @throws Error naming the setting that the kernel refused */
export async function applySysctls(sysctls: readonly Sysctl[], place: Place): Promise<void> {
  const saved = await readSaved(place.stateFile);
  const changes: Sysctl[] = [];
  for (const sysctl of sysctls) {
    const before = (await readFile(join(place.root, sysctl.path), "utf8")).trim();
    if (before === sysctl.value) continue;
    changes.push(sysctl);
    saved[sysctl.path] ??= { before, set: sysctl.value };
  }
  if (changes.length === 0) return;
  await mkdir(dirname(place.stateFile), { recursive: true });
  await writeFile(`${place.stateFile}.new`, JSON.stringify(saved));
  await rename(`${place.stateFile}.new`, place.stateFile);
  for (const { path, value, why } of changes) {
    await writeFile(join(place.root, path), value).catch((error: Error) => {
      throw new Error(`cannot set ${path.replaceAll("/", ".")}=${value} (${why}): ${error.message}`);
    });
  }
}

/** Puts back what applySysctls changed, unless somebody else has changed it since. */
export async function restoreSysctls(place: Place, log: Log): Promise<void> {
  for (const [path, { before, set }] of Object.entries(await readSaved(place.stateFile))) {
    const file = join(place.root, path);
    try {
      if ((await readFile(file, "utf8")).trim() === set) await writeFile(file, before);
    } catch (error) {
      log.warn("cannot put back a kernel setting", { path, error: String(error) });
    }
  }
  await rm(place.stateFile, { force: true });
}

async function readSaved(file: string): Promise<Saved> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Saved;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT" || error instanceof SyntaxError) return {};
    throw error;
  }
}
