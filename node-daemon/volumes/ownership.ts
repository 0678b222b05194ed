/** fsGroup: makes a volume's files belong to a group. Rules: k8s.io/kubernetes/pkg/volume SetVolumeOwnership. */
import { chmod, lchown, lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

const READ_WRITE = 0o660;
const READ_ONLY = 0o440;
const EXECUTE = 0o110;
const SET_GID = 0o2000;

export interface Ownership {
  gid: number;
  readOnly: boolean;
  /** Leave the tree alone when its root is right already. */
  onRootMismatch: boolean;
}

const wanted = (mode: number, { readOnly }: Ownership, isDirectory: boolean): number =>
  (mode & 0o7777) | (readOnly ? READ_ONLY : READ_WRITE) | (isDirectory ? SET_GID | EXECUTE : 0);

/** Gives everything from `path` down to the group. Symbolic links change owner but are not followed. */
export async function setOwnership(path: string, ownership: Ownership): Promise<void> {
  if (ownership.onRootMismatch) {
    const { gid, mode } = await lstat(path);
    if (gid === ownership.gid && (mode & 0o7777) === wanted(mode, ownership, true)) return;
  }
  await give(path, ownership);
}

async function give(path: string, ownership: Ownership): Promise<void> {
  const info = await lstat(path);
  await lchown(path, info.uid, ownership.gid);
  if (info.isSymbolicLink()) return;
  await chmod(path, wanted(info.mode, ownership, info.isDirectory()));
  if (!info.isDirectory()) return;
  for (const name of await readdir(path)) await give(join(path, name), ownership);
}
