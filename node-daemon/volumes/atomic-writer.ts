/**
 * Writes a set of files so that readers see all of the old or all of the new: files lie in a directory named after the
 * time, `..data` points at it, and names users see point through `..data`. Layout: k8s.io/kubernetes/pkg/volume/util.
 */
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join, posix } from "node:path";

export interface FileProjection {
  content: Buffer;
  /** Permission bits. */
  mode: number;
  /** Owner; absent: root. */
  uid?: number | undefined;
}

/** By path inside the volume, "/" between parts. */
export type Payload = Map<string, FileProjection>;

const DATA = "..data";
const NEW_DATA = "..data_tmp";
const MAX_PATH = 4096;
const MAX_NAME = 255;

/** @throws Error for a path that would leave the volume or hide its machinery */
export function checkPath(path: string): void {
  const bad = (why: string): Error => new Error(`invalid path "${path}" in volume: ${why}`);
  if (path === "" || path.length > MAX_PATH) throw bad("must have 1 to 4096 characters");
  if (path.startsWith("/")) throw bad("must be relative");
  const parts = path.split("/");
  if (parts.some((part) => part === ".." || part === "." || part === "")) throw bad(`must not contain "." or ".."`);
  if (parts[0]?.startsWith("..")) throw bad(`must not start with ".."`);
  if (parts.some((part) => Buffer.byteLength(part) > MAX_NAME)) throw bad("has a part of more than 255 bytes");
}

/**
 * Makes `directory` hold exactly `payload`. Does nothing when it does already.
 *
 * @param own sets ownership of a new version before it is shown
 * @returns whether anything was written
 */
export async function writeAtomically(
  directory: string,
  payload: Payload,
  own: (versionDirectory: string) => Promise<void> = async () => {},
): Promise<boolean> {
  for (const path of payload.keys()) checkPath(path);
  const old = await readlink(join(directory, DATA)).catch(absent);
  if (old !== undefined && (await holds(join(directory, old), payload))) {
    await linkNames(directory, payload);
    return false;
  }

  const stamp = new Date().toISOString().replace(/[-:T]/g, "_").replace(/Z$/, "");
  const version = await mkdtemp(join(directory, `..${stamp}.`));
  await chmod(version, 0o755);
  for (const [path, { content, mode, uid }] of payload) {
    const file = join(version, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o755 });
    await writeFile(file, content);
    // The mode given at creation is cut by the umask.
    await chmod(file, mode);
    if (uid !== undefined) await chown(file, uid, -1);
  }
  await own(version);

  const next = join(directory, NEW_DATA);
  await rm(next, { force: true });
  await symlink(posix.basename(version), next);
  await rename(next, join(directory, DATA));
  await linkNames(directory, payload);
  await removeStale(directory, payload, posix.basename(version));
  return true;
}

const absent = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== "ENOENT" && error.code !== "EINVAL") throw error;
  return undefined;
};

/** Names at the top of the volume. */
const topNames = (payload: Payload): Set<string> =>
  new Set([...payload.keys()].map((path) => path.split("/")[0] ?? ""));

async function holds(version: string, payload: Payload): Promise<boolean> {
  const seen = new Set<string>();
  const walk = async (relative: string): Promise<boolean> => {
    for (const entry of await readdir(join(version, relative), { withFileTypes: true })) {
      const path = relative ? `${relative}/${entry.name}` : entry.name;
      if (entry.isDirectory()) {
        if (!(await walk(path))) return false;
        continue;
      }
      const wanted = payload.get(path);
      if (!wanted) return false;
      const file = join(version, path);
      const { mode, size } = await stat(file);
      // Group bits may be wider: fsGroup adds to them.
      if ((mode & wanted.mode) !== wanted.mode || size !== wanted.content.length) return false;
      if (!(await readFile(file)).equals(wanted.content)) return false;
      seen.add(path);
    }
    return true;
  };
  try {
    return (await walk("")) && seen.size === payload.size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

async function linkNames(directory: string, payload: Payload): Promise<void> {
  for (const name of topNames(payload)) {
    const link = join(directory, name);
    const there = await lstat(link).catch(absent);
    if (!there) await symlink(join(DATA, name), link);
  }
}

/** Links to names that are no more, and older versions. */
async function removeStale(directory: string, payload: Payload, version: string): Promise<void> {
  const names = topNames(payload);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.name === DATA || entry.name === version) continue;
    const isOldVersion = entry.isDirectory() && entry.name.startsWith("..");
    const isStaleLink = entry.isSymbolicLink() && !names.has(entry.name);
    if (isOldVersion || isStaleLink) await rm(join(directory, entry.name), { recursive: true, force: true });
  }
}
