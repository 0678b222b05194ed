/** Commands of the node (`ip`, `nft`, `conntrack`, …), run in the daemon's own network namespace. */
import { spawn } from "node:child_process";

export interface RunOptions {
  /** Written to standard input, which is then closed. */
  input?: string;
  /** The command is killed after this. Default 30 s. */
  timeoutMs?: number;
}

/** Runs a command to its end and gives its standard output. Rejects with CommandError. */
export type Run = (command: string, args: readonly string[], options?: RunOptions) => Promise<string>;

/** A command that could not be started, was killed, or ended with another code than 0. */
export class CommandError extends Error {
  /** Exit code; undefined when the command was not found, or was killed. */
  readonly exitCode: number | undefined;
  readonly stderr: string;
  /** True when there is no such program. */
  readonly missing: boolean;

  constructor(
    line: string,
    outcome: { exitCode?: number | undefined; stderr: string; missing?: boolean; why?: string },
  ) {
    const why = outcome.why ?? `exit code ${outcome.exitCode}`;
    super(`${line}: ${why}${outcome.stderr ? `: ${outcome.stderr.trim().slice(0, MAX_MESSAGE)}` : ""}`);
    this.name = "CommandError";
    this.exitCode = outcome.exitCode;
    this.stderr = outcome.stderr;
    this.missing = outcome.missing ?? false;
  }
}

const MAX_MESSAGE = 2000;
/** `nft list` of a large cluster is a few MB; nothing the daemon runs prints more than this. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
const DEFAULT_TIMEOUT_MS = 30_000;
/** Daemons are often started with a PATH that lacks the administrator's programs. */
const SEARCH_PATH = `${process.env.PATH ?? ""}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`;

export const run: Run = (command, args, options = {}) =>
  new Promise((resolve, reject) => {
    const line = [command, ...args].join(" ").slice(0, 200);
    const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const child = spawn(command, args, {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, PATH: SEARCH_PATH, LC_ALL: "C" },
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let bytes = 0;
    let killed: string | undefined;
    const kill = (why: string): void => {
      killed ??= why;
      child.kill("SIGKILL");
    };
    const timer = setTimeout(() => kill(`no end after ${timeoutMs} ms`), timeoutMs);
    const collect = (chunks: Buffer[]) => (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_OUTPUT_BYTES) kill("too much output");
      else chunks.push(chunk);
    };
    child.stdout.on("data", collect(stdout));
    child.stderr.on("data", collect(stderr));
    // The command may end before it has read everything; its exit code says the rest.
    child.stdin.on("error", () => {});
    child.on("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(new CommandError(line, { stderr: "", why: error.message, missing: error.code === "ENOENT" }));
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      const errors = Buffer.concat(stderr).toString();
      if (killed !== undefined) reject(new CommandError(line, { stderr: errors, why: killed }));
      else if (code !== 0) reject(new CommandError(line, { exitCode: code ?? undefined, stderr: errors }));
      else resolve(Buffer.concat(stdout).toString());
    });
    child.stdin.end(options.input ?? "");
  });
