import { CallError, type TunnelCall } from "../../link/call.ts";
import { LogFormatter } from "./cri-log.ts";
import { LogFile } from "./log-file.ts";
import type { LogOptions } from "./log-options.ts";

/** A follower that has heard nothing for so long may have left unseen: the kubelet's streamingConnectionIdleTimeout. */
const MAX_IDLE_MS = 4 * 60 * 60_000;

/**
 * Answers with a container's log. With `follow` it goes on until the container has ended and all was sent, or the
 * client leaves, or nothing has been said for hours.
 * @param isRunning whether the container may still write
 */
export async function answerLog(options: {
  call: TunnelCall;
  path: string;
  log: LogOptions;
  isRunning(): boolean;
  nowMs(): number;
}): Promise<void> {
  const { call, path, log, isRunning, nowMs } = options;
  let heardMs = nowMs();
  const file = await LogFile.open(path, log).catch((error: NodeJS.ErrnoException) => {
    // The wording of the kubelet, which first resolves links.
    const why = error.code === "ENOENT" ? "no such file or directory" : error.message;
    throw new CallError(400, `failed to try resolving symlinks in path "${path}": lstat ${path}: ${why}`);
  });
  const formatter = new LogFormatter(log);
  try {
    call.respond({ status: 200, headers: [["content-type", "text/plain"]] });
    const drain = async (): Promise<boolean> => {
      for (;;) {
        const bytes = await file.read();
        if (bytes.length === 0) return true;
        heardMs = nowMs();
        const text = formatter.push(bytes);
        if (text.length > 0 && !(await call.write(text))) return false;
        if (formatter.full) return false;
      }
    };
    for (let running = true; await drain(); ) {
      if (log.follow && (await file.replaced())) {
        // Between the last read and the look at the new file, the old one may have got its last lines.
        if (!(await drain())) return;
        await file.reopen();
        formatter.restart();
        continue;
      }
      // Its end was known before the last read: nothing can have come since.
      if (!log.follow || !running || call.signal.aborted) {
        const last = formatter.finish();
        if (last.length > 0) await call.write(last);
        return;
      }
      await file.changed(call.signal);
      running = isRunning() && nowMs() - heardMs < MAX_IDLE_MS;
    }
  } finally {
    await file.close();
  }
}
