/** What an ended container left as its last words. */
import { open } from "node:fs/promises";
import type { ContainerStatus } from "../runtime/runtime.ts";
import { readNotes } from "./labels.ts";

const MAX_MESSAGE_BYTES = 4096;
const MAX_LOG_BYTES = 2048;
const MAX_LOG_LINES = 80;

/** The end of a file; "" when it is not there. */
async function readTail(path: string, bytes: number): Promise<string> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - bytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(size, bytes)), 0, Math.min(size, bytes), from);
    return buffer.subarray(0, bytesRead).toString("utf8");
  } finally {
    await file.close();
  }
}

/** Text of the last lines of a CRI log, without time, stream and tag. */
export function logText(tail: string): string {
  const lines = tail.split("\n").filter((line) => /^\S+ (stdout|stderr) [FP]\S* ?/.test(line));
  const text = lines.slice(-MAX_LOG_LINES).map((line) => {
    const [, tag = "F", rest = ""] = /^\S+ \S+ (\S+) ?(.*)$/.exec(line) ?? [];
    return tag.startsWith("P") ? rest : `${rest}\n`;
  });
  return text.join("").slice(-MAX_LOG_BYTES);
}

/** @returns the message kubelet shows for the ended container: its own, the end of its log, or the runtime's */
export async function terminationMessage(status: ContainerStatus): Promise<string> {
  const notes = readNotes(status.annotations);
  const mount = status.mounts.find(({ containerPath }) => containerPath === notes.terminationPath);
  try {
    const own = mount && notes.terminationPath ? await readTail(mount.hostPath, MAX_MESSAGE_BYTES) : "";
    if (own !== "") return own;
    // Lines carry a time and a tag beside their text, so more is read than kept.
    if (notes.fallbackToLogs && status.exitCode !== 0) {
      const log = logText(await readTail(status.logPath, 4 * MAX_LOG_BYTES));
      if (log !== "") return log;
    }
  } catch (error) {
    return `Error on reading termination log ${mount?.hostPath ?? status.logPath}: ${(error as Error).message}`;
  }
  return status.message;
}
