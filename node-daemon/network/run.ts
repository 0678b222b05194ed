/** Commands of the node (`ip`, `nft`, `conntrack`, …), run in the daemon's own network namespace. */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface RunOptions {
  /** What the command reads from standard input. */
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

export const run: Run = async (command, args, options = {}) => {
  const input = options.input === undefined ? undefined : await inputFile(options.input);
  try {
    return await runWith(command, args, { stdin: input?.fd ?? "ignore", timeoutMs: options.timeoutMs });
  } finally {
    await input?.close();
  }
};

/**
 * A nameless file with this text. Not a pipe: Node makes those of sockets, and `nft -f -` before 1.0.3 opens
 * /dev/stdin, which a socket does not allow.
 */
async function inputFile(text: string): Promise<FileHandle> {
  const path = join(tmpdir(), `.kedge-${randomUUID()}`);
  const file = await open(path, "wx+", 0o600);
  try {
    await unlink(path);
    const bytes = Buffer.from(text);
    // At given places, so that the command begins to read at 0.
    for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at, bytes.length - at, at)).bytesWritten;
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

interface Started {
  stdin: number | "ignore";
  timeoutMs: number | undefined;
}

function runWith(command: string, args: readonly string[], { stdin, timeoutMs = DEFAULT_TIMEOUT_MS }: Started) {
  return new Promise<string>((resolve, reject) => {
    const line = [command, ...args].join(" ").slice(0, 200);
    const child = spawn(command, args, {
      stdio: [stdin, "pipe", "pipe"],
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
    child.stdout?.on("data", collect(stdout));
    child.stderr?.on("data", collect(stderr));
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
  });
}
