import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { imageArchive } from "./archive.ts";
import { pauseProgram } from "./pause.ts";
import { tar } from "./tar.ts";

it("[IM1] the system's tar reads what ours writes", () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "kedge-tar-"));
  const archive = tar([
    { path: "a", mode: 0o755, directory: true },
    { path: "a/file", mode: 0o640, content: Buffer.from("x".repeat(700)) },
    { path: "a/link", mode: 0o777, linkTo: "file" },
  ]);
  execFileSync("tar", ["-x", "-C", dir], { input: archive });
  expect(fs.readFileSync(path.join(dir, "a/link"), "utf8")).toBe("x".repeat(700));
  expect(fs.statSync(path.join(dir, "a/file")).mode & 0o777).toBe(0o640);
  fs.rmSync(dir, { recursive: true });
});

it("[IM2] the same image is the same bytes", () => {
  const spec = { name: "a/b:1", goArch: "amd64", files: [{ path: "f", mode: 0o644, content: Buffer.from("x") }] };
  expect(imageArchive(spec).equals(imageArchive(spec))).toBe(true);
});

it.skipIf(process.arch !== "x64")("[IM3] the pause program sleeps through SIGCHLD and leaves at SIGTERM", async () => {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "kedge-pause-")), "pause");
  fs.writeFileSync(file, pauseProgram("amd64"), { mode: 0o755 });
  const script = `${file} & p=$!; sleep 0.1; kill -CHLD $p; sleep 0.1; kill -0 $p && echo alive; kill -TERM $p; wait $p; echo exit $?`;
  expect(execFileSync("sh", ["-c", script], { encoding: "utf8" })).toBe("alive\nexit 0\n");
  fs.rmSync(path.dirname(file), { recursive: true });
});

it("[IM4] an architecture without a program is refused by name", () => {
  expect(() => pauseProgram("riscv64")).toThrow("riscv64");
});
