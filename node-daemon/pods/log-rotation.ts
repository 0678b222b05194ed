/** Keeps containers' log files small: 10 MiB each, five of a container, older ones compressed. */
import { createReadStream, createWriteStream } from "node:fs";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Runtime } from "../runtime/runtime.ts";

export const MAX_LOG_BYTES = 10 * 1024 * 1024;
export const MAX_LOG_FILES = 5;

const STAMP = /\.\d{8}-\d{6}(\.gz)?$/;

/** Rotated files of a log, oldest first. */
async function rotatedFiles(logPath: string): Promise<string[]> {
  const name = basename(logPath);
  const files = await readdir(dirname(logPath));
  return files
    .filter((file) => file.startsWith(`${name}.`) && STAMP.test(file))
    .sort()
    .map((file) => join(dirname(logPath), file));
}

const stampOf = (ms: number): string => {
  const text = new Date(ms).toISOString().replace(/[-:]/g, "");
  return `${text.slice(0, 8)}-${text.slice(9, 15)}`;
};

/** @returns whether the log was large enough to be rotated */
export async function rotateLog(
  runtime: Pick<Runtime, "reopenLog">,
  {
    containerId,
    logPath,
    nowMs,
    maxBytes = MAX_LOG_BYTES,
  }: { containerId: string; logPath: string; nowMs: number; maxBytes?: number },
): Promise<boolean> {
  const size = await stat(logPath).then(
    (info) => info.size,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return 0;
      throw error;
    },
  );
  if (size < maxBytes) return false;

  const before = await rotatedFiles(logPath);
  // With the one that is written and the one about to be rotated.
  const surplus = before.slice(0, Math.max(0, before.length - (MAX_LOG_FILES - 2)));
  for (const file of surplus) await rm(file, { force: true });
  for (const file of before.slice(surplus.length)) if (!file.endsWith(".gz")) await compress(file);

  const rotated = `${logPath}.${stampOf(nowMs)}`;
  await rename(logPath, rotated);
  try {
    await runtime.reopenLog(containerId);
  } catch (error) {
    await rename(rotated, logPath);
    throw error;
  }
  return true;
}

async function compress(file: string): Promise<void> {
  const unfinished = `${file}.tmp`;
  await pipeline(createReadStream(file), createGzip(), createWriteStream(unfinished));
  await rename(unfinished, `${file}.gz`);
  await rm(file, { force: true });
}

/** Removes a container's log and what was rotated from it. */
export async function removeLogs(logPath: string): Promise<void> {
  try {
    for (const file of await rotatedFiles(logPath)) await rm(file, { force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  await rm(logPath, { force: true });
}
