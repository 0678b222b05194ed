import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { layoutOf } from "./layout.ts";
import { readRunFile, writeRunFile } from "./run-file.ts";

it("[RF1] comes back as written; absent is undefined; damaged names the file and what to do", () => {
  const layout = layoutOf(fs.mkdtempSync(path.join(os.tmpdir(), "kedge-run-")));
  expect(readRunFile(layout)).toBeUndefined();
  writeRunFile(layout, { formatVersion: 1, port: 6443, nodes: 2 });
  expect(readRunFile(layout)).toEqual({ formatVersion: 1, port: 6443, nodes: 2 });
  for (const damaged of ["", "{", '{"formatVersion":2}', "null"]) {
    fs.writeFileSync(layout.runFile, damaged);
    expect(() => readRunFile(layout)).toThrow(`${layout.runFile} is damaged`);
  }
  fs.rmSync(layout.dataDir, { recursive: true });
});
