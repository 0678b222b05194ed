import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TunnelCall } from "../../link/call.ts";
import { LogFile } from "./log-file.ts";
import { parseLogOptions } from "./log-options.ts";
import { answerLog } from "./read-log.ts";

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "kedge-log-"));
  path = join(directory, "0.log");
});
afterEach(() => rmSync(directory, { recursive: true }));

const entry = (text: string): string => `2026-01-01T00:00:00Z stdout F ${text}\n`;

async function tail(content: string, lines: number): Promise<string> {
  writeFileSync(path, content);
  const file = await LogFile.open(path, { tailLines: lines, follow: true });
  let text = "";
  for (let bytes = await file.read(); bytes.length > 0; bytes = await file.read()) text += bytes.toString();
  await file.close();
  return text;
}

describe("the last lines", () => {
  it.each([
    ["[LF1] none", "a\nb\n", 0, ""],
    ["[LF2] one", "a\nb\n", 1, "b\n"],
    ["[LF3] all there are", "a\nb\n", 9, "a\nb\n"],
    ["[LF4] of an empty file", "", 3, ""],
    ["[LF5] an unfinished one counts", "a\nb\nc", 2, "b\nc"],
    ["[LF6] empty lines count", "a\n\n\n", 2, "\n\n"],
  ])("%s", async (_name, content, lines, out) => expect(await tail(content, lines)).toBe(out));

  it("[LF7] across many blocks", async () => {
    const lines = Array.from({ length: 20_000 }, (_, index) => `line ${index}\n`);
    expect(await tail(lines.join(""), 15_000)).toBe(lines.slice(5_000).join(""));
  });
});

it.each([
  { name: "[LF18] without follow, what comes after the start is not read", follow: false, out: "b\n" },
  { name: "[LF19] with follow it is", follow: true, out: "b\nc\n" },
])("$name", async ({ follow, out }) => {
  writeFileSync(path, "a\nb\n");
  const file = await LogFile.open(path, { tailLines: 1, follow });
  appendFileSync(path, "c\n");
  expect((await file.read()).toString()).toBe(out);
  expect((await file.read()).length).toBe(0);
  await file.close();
});

/** Runs `answerLog` with what a client would see. */
function read(query: string, isRunning: () => boolean = () => false, nowMs: () => number = () => 0) {
  const aborter = new AbortController();
  const state = { text: "", head: undefined as unknown, wake: () => {} };
  const call = {
    signal: aborter.signal,
    respond: (head: unknown) => {
      state.head = head;
    },
    write: (chunk: Uint8Array) => {
      state.text += Buffer.from(chunk).toString();
      state.wake();
      return true;
    },
  } as unknown as TunnelCall;
  const log = parseLogOptions(new URLSearchParams(query), 0);
  const done = answerLog({ call, path, log, isRunning, nowMs });
  const shows = async (text: string): Promise<void> => {
    while (state.text !== text)
      await new Promise<void>((resolve) => {
        state.wake = resolve;
      });
  };
  return { done, state, shows, leave: () => aborter.abort() };
}

describe("a log", () => {
  it("[LF8] ends at its end", async () => {
    writeFileSync(path, entry("a") + entry("b"));
    const { done, state } = read("");
    await done;
    expect(state.text).toBe("a\nb\n");
    expect(state.head).toEqual({ status: 200, headers: [["content-type", "text/plain"]] });
  });

  it("[LF9] followed goes on as it grows, also in half lines", async () => {
    writeFileSync(path, entry("a"));
    let running = true;
    const { done, shows } = read("follow=true", () => running);
    await shows("a\n");
    appendFileSync(path, entry("b").slice(0, 20));
    appendFileSync(path, entry("b").slice(20));
    await shows("a\nb\n");
    running = false;
    appendFileSync(path, entry("last"));
    await done;
    await shows("a\nb\nlast\n");
  });

  it("[LF10] followed goes over to the file that replaces it", async () => {
    writeFileSync(path, entry("a"));
    let running = true;
    const { done, shows } = read("follow=true", () => running);
    await shows("a\n");
    appendFileSync(path, entry("end of old"));
    renameSync(path, `${path}.1`);
    writeFileSync(path, entry("new"));
    await shows("a\nend of old\nnew\n");
    truncateSync(path);
    await new Promise((resolve) => setTimeout(resolve, 30));
    appendFileSync(path, entry("x"));
    await shows("a\nend of old\nnew\nx\n");
    running = false;
    await done;
  });

  it("[LF11] followed ends when its reader leaves", async () => {
    writeFileSync(path, entry("a"));
    const { done, shows, leave } = read("follow=true", () => true);
    await shows("a\n");
    leave();
    await done;
  });

  it("[LF13] followed without a word for four hours ends", async () => {
    writeFileSync(path, entry("a"));
    let nowMs = 0;
    const { done, shows } = read(
      "follow=true",
      () => true,
      () => nowMs,
    );
    await shows("a\n");
    nowMs = 4 * 60 * 60_000;
    await done;
  });

  it("[LF12] that is not there is said to be missing", async () => {
    await expect(read("").done).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining("no such file"),
    });
  });
});
