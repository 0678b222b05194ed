import { describe, expect, it } from "vitest";
import { seeded } from "../../../test/fakes/tunnel-link.ts";
import { fixedTime, LogFormatter } from "./cri-log.ts";
import type { LogOptions } from "./log-options.ts";

const plain: Pick<LogOptions, "timestamps" | "stream" | "sinceMs" | "limitBytes"> = {
  timestamps: false,
  stream: "All",
  sinceMs: undefined,
  limitBytes: undefined,
};

/** All of a log through a formatter, in pieces of `size`. */
function format(log: string, options: Partial<typeof plain> = {}, size = 1_000_000): string {
  const formatter = new LogFormatter({ ...plain, ...options });
  const bytes = Buffer.from(log);
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) parts.push(formatter.push(bytes.subarray(at, at + size)));
  return Buffer.concat([...parts, formatter.finish()]).toString();
}

const LOG = [
  "2026-01-01T00:00:00.1Z stdout F first",
  "2026-01-01T00:00:01.123456789+02:00 stderr F second",
  "2026-01-01T00:00:02Z stdout P one ",
  "2026-01-01T00:00:02Z stdout P long ",
  "2026-01-01T00:00:02Z stdout F line",
  "2026-01-01T00:00:03Z stdout F ",
  "",
].join("\n");

describe("a CRI log", () => {
  it.each([
    { name: "[L1] as the container wrote it, pieces joined", options: {}, out: "first\nsecond\none long line\n\n" },
    { name: "[L2] of one stream", options: { stream: "Stderr" as const }, out: "second\n" },
    { name: "[L3] of the other", options: { stream: "Stdout" as const }, out: "first\none long line\n\n" },
    {
      name: "[L4] with nine digits of time, once a line",
      options: { timestamps: true },
      out: [
        "2026-01-01T00:00:00.100000000Z first",
        "2026-01-01T00:00:01.123456789+02:00 second",
        "2026-01-01T00:00:02.000000000Z one long line",
        "2026-01-01T00:00:03.000000000Z ",
        "",
      ].join("\n"),
    },
    { name: "[L5] since a time", options: { sinceMs: Date.parse("2026-01-01T00:00:02Z") }, out: "one long line\n\n" },
    { name: "[L6] up to so many bytes", options: { limitBytes: 8 }, out: "first\nse" },
  ])("$name", ({ options, out }) => expect(format(LOG, options)).toBe(out));

  it.each([1, 2, 3, 7, 31])("[L7] read in pieces of %i bytes is the same", (size) => {
    for (const options of [{}, { timestamps: true }, { stream: "Stderr" as const }, { limitBytes: 20 }])
      expect(format(LOG, options, size)).toBe(format(LOG, options));
  });

  it.each([
    ["[L8] no fields", "nonsense"],
    ["[L9] no tag", "2026-01-01T00:00:00Z stdout"],
    ["[L10] an unknown stream", "2026-01-01T00:00:00Z stdlog F x"],
    ["[L11] fields of the next line", "2026-01-01T00:00:00Z stdout F"],
    ["[L12] nothing", ""],
  ])("%s: the entry is left out, not those around it", (_name, line) => {
    const around = "2026-01-01T00:00:00Z stdout F ok\n";
    expect(format(`${around}${line}\n${around}`)).toBe("ok\nok\n");
  });

  it("[L13] an entry without its newline counts at the end", () => {
    expect(format("2026-01-01T00:00:00Z stdout F cut")).toBe("cut\n");
  });

  it("[L14] tags may carry more after the first letter", () => {
    expect(format("2026-01-01T00:00:00Z stdout P:x a\n2026-01-01T00:00:00Z stdout F:y b\n")).toBe("ab\n");
  });

  it("[L15] random bytes are taken in without harm", () => {
    const random = seeded(5);
    for (let round = 0; round < 300; round++)
      format(
        Buffer.from(
          Array.from({ length: 200 }, () => [10, 32, 111, 101, 70, 80, 255][Math.floor(random() * 7)]!),
        ).toString("latin1"),
      );
  });
});

it("[L16] times that are none stay as they are", () => {
  expect(fixedTime("yesterday")).toBe("yesterday");
  expect(fixedTime("2026-01-01T00:00:00.5+00:00")).toBe("2026-01-01T00:00:00.500000000+00:00");
});
