/** Structured log: one JSON object a line on stderr, which systemd or the supervisor keeps. */
import type { Log } from "./contracts.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

const ORDER: readonly LogLevel[] = ["debug", "info", "warn", "error"];

export function createLog(options: { level?: LogLevel; write?: (line: string) => void; now?: () => number } = {}): Log {
  const { level = "info", write = (line) => void process.stderr.write(line), now = Date.now } = options;
  const at =
    (own: LogLevel) =>
    (message: string, fields?: object): void => {
      if (ORDER.indexOf(own) < ORDER.indexOf(level)) return;
      write(`${JSON.stringify({ time: new Date(now()).toISOString(), level: own, message, ...fields })}\n`);
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

export const isLogLevel = (text: string | undefined): text is LogLevel => ORDER.includes(text as LogLevel);
