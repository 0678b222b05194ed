import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MAX_LOG_FILES, removeLogs, rotateLog } from "./log-rotation.ts";

let directory: string;
let logPath: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "kedge-logs-"));
  logPath = join(directory, "0.log");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const reopening = { reopenLog: async () => writeFileSync(logPath, "") };
const rotate = (nowMs: number, runtime = reopening) =>
  rotateLog(runtime, { containerId: "c", logPath, nowMs, maxBytes: 4 });

describe("rotateLog", () => {
  it("[LR1] leaves a small log, and one that is not there", async () => {
    expect(await rotate(0)).toBe(false);
    writeFileSync(logPath, "abc");
    expect(await rotate(0)).toBe(false);
    expect(readdirSync(directory)).toEqual(["0.log"]);
  });

  it("[LR2] renames a large one by the time, compresses the one before, keeps five in all", async () => {
    for (let i = 0; i < 9; i++) {
      writeFileSync(logPath, `text ${i}`);
      expect(await rotate(Date.parse("2026-01-02T03:04:00Z") + i * 1000)).toBe(true);
    }
    const names = readdirSync(directory).sort();
    expect(names).toHaveLength(MAX_LOG_FILES);
    expect(names.at(-1)).toBe("0.log.20260102-030408");
    expect(names.filter((name) => name.endsWith(".gz"))).toHaveLength(MAX_LOG_FILES - 2);
    expect(gunzipSync(readFileSync(join(directory, "0.log.20260102-030407.gz"))).toString()).toBe("text 7");
  });

  it("[LR3] puts the log back when the runtime does not reopen it", async () => {
    writeFileSync(logPath, "text");
    await expect(rotate(0, { reopenLog: () => Promise.reject(new Error("no")) })).rejects.toThrow("no");
    expect(readdirSync(directory)).toEqual(["0.log"]);
  });

  it("[LR4] removes all of one container's, nothing of another's", async () => {
    for (const name of ["0.log", "0.log.20260102-030405", "0.log.20260102-030404.gz", "1.log", "0.log.note"])
      writeFileSync(join(directory, name), "");
    await removeLogs(logPath);
    expect(readdirSync(directory).sort()).toEqual(["0.log.note", "1.log"]);
    await removeLogs(join(directory, "none", "0.log"));
  });
});
