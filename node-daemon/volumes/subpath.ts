/**
 * subPath mounts. The path may hold symbolic links that a container made, and may change while we look: every part is
 * opened without following links, and what is mounted is the open descriptor, not the name.
 */
import { constants } from "node:fs";
import { type FileHandle, mkdir, open, readFile, realpath, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { bindDescriptor, isMountPoint, unmountUnder } from "./mounts.ts";

export class SubPathError extends Error {}

/** @throws SubPathError for a path that is absolute or goes up, in kubelet's words */
export function checkSubPath(path: string): void {
  if (path.startsWith("/")) throw new SubPathError(`error SubPath \`${path}\` must not be an absolute path`);
  if (path.split("/").includes("..")) {
    throw new SubPathError(`unable to provision SubPath \`${path}\`: must not contain '..'`);
  }
}

/** O_PATH, which Node does not name: a handle to the place itself, without opening devices or pipes. */
const O_PATH = 0o10000000;
const OPEN_FLAGS = O_PATH | constants.O_NOFOLLOW;

const under = (directory: string, path: string): boolean => path === directory || path.startsWith(`${directory}/`);

/**
 * Opens `path`, which is real (without links) at this moment and below `root`, part by part from `root` on.
 *
 * @throws SubPathError when a part has become a link
 */
async function openBelow(root: string, path: string): Promise<FileHandle> {
  let handle = await open(root, OPEN_FLAGS);
  for (const part of relative(root, path)
    .split("/")
    .filter((name) => name !== "")) {
    let next: FileHandle | undefined;
    try {
      next = await open(`/proc/self/fd/${handle.fd}/${part}`, OPEN_FLAGS);
      if ((await next.stat()).isSymbolicLink()) throw new SubPathError(`subPath "${path}" has become a symbolic link`);
    } catch (error) {
      await next?.close();
      throw error;
    } finally {
      await handle.close();
    }
    handle = next;
  }
  return handle;
}

/** Makes missing directories of a subPath; parts that exist must lie inside the volume. */
async function ensureExists(root: string, path: string): Promise<void> {
  const { mode } = await stat(root);
  let at = root;
  for (const part of relative(root, path)
    .split("/")
    .filter((name) => name !== "")) {
    const next = join(at, part);
    try {
      at = await realpath(next);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      await mkdir(next, { mode: mode & 0o777 });
      at = next;
    }
    if (!under(root, at)) throw new SubPathError(`subPath "${relative(root, path)}" leads out of its volume`);
  }
}

/**
 * Binds `subPath` of a volume to `target`, which is made as a file or directory to match.
 *
 * @returns target, to be given to the runtime in place of the path itself
 * @throws SubPathError when it would leave the volume
 */
export async function bindSubPath(volumePath: string, subPath: string, target: string): Promise<string> {
  checkSubPath(subPath);
  // A restarted container gets what the path leads to now, not what it led to then.
  if (await isMountPoint(target)) await unmountUnder(target);
  const root = await realpath(volumePath);
  if ((await stat(root)).isDirectory()) await ensureExists(root, join(root, subPath));
  const real = await realpath(join(root, subPath));
  if (!under(root, real)) throw new SubPathError(`subPath "${subPath}" leads out of its volume`);
  const handle = await openBelow(root, real);
  try {
    await mkdir(dirname(target), { recursive: true, mode: 0o750 });
    if ((await handle.stat()).isDirectory()) await mkdir(target, { recursive: true, mode: 0o750 });
    else await writeFile(target, "", { flag: "a", mode: 0o640 });
    await bindDescriptor(handle.fd, target);
  } finally {
    await handle.close();
  }
  return target;
}

/**
 * Reads a file of a volume that containers can write to.
 *
 * @returns undefined when there is none
 * @throws SubPathError when it would leave the volume or is larger than `maxBytes`
 */
export async function readInVolume(volumePath: string, path: string, maxBytes: number): Promise<string | undefined> {
  checkSubPath(path);
  const root = await realpath(volumePath);
  let real: string;
  try {
    real = await realpath(join(root, path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  if (!under(root, real)) throw new SubPathError(`path "${path}" leads out of its volume`);
  const place = await openBelow(root, real);
  try {
    const { size } = await place.stat();
    if (!(await place.stat()).isFile() || size > maxBytes) {
      throw new SubPathError(`path "${path}" is no file of at most ${maxBytes} bytes`);
    }
    return await readFile(`/proc/self/fd/${place.fd}`, "utf8");
  } finally {
    await place.close();
  }
}
