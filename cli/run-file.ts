/** What `up` was last started with, so that later commands find it and a different `up` is refused. */
import fs from "node:fs";
import { Failure } from "./failure.ts";
import { readIfExists, writeFileAtomic } from "./files.ts";
import type { Layout } from "./layout.ts";

export interface RunFile {
  formatVersion: 1;
  port: number;
  nodes: number;
  simulatedNodes?: number;
}

/** @throws Failure when the file is there and cannot be understood */
export function readRunFile(layout: Layout): RunFile | undefined {
  const text = readIfExists(layout.runFile);
  if (text === undefined) return undefined;
  try {
    const value = JSON.parse(text) as RunFile;
    if (value.formatVersion === 1 && Number.isInteger(value.port) && Number.isInteger(value.nodes)) return value;
  } catch {
    // falls through to the same advice
  }
  throw new Failure(
    `${layout.runFile} is damaged or from a newer kedge.\n` +
      `The cluster's data is untouched: remove that file and run ./kedge up again.`,
  );
}

export function writeRunFile(layout: Layout, run: RunFile): void {
  fs.mkdirSync(layout.dataDir, { recursive: true, mode: 0o700 });
  writeFileAtomic(layout.runFile, `${JSON.stringify(run)}\n`, 0o600);
}
