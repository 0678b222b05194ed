import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkPath, type Payload, writeAtomically } from "./atomic-writer.ts";
import { prepareHostPath } from "./host-path.ts";
import { mountsUnder, unmountUnder } from "./mounts.ts";
import { setOwnership } from "./ownership.ts";
import { bindSubPath, checkSubPath, readInVolume, SubPathError } from "./subpath.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "kedge-volumes-"));
});
afterEach(async () => {
  await unmountUnder(directory);
  rmSync(directory, { recursive: true, force: true });
});

const files = (entries: { [path: string]: string }, mode = 0o644): Payload =>
  new Map(Object.entries(entries).map(([path, text]) => [path, { content: Buffer.from(text), mode }]));
const read = (path: string): string => readFileSync(join(directory, path), "utf8");
const isRoot = process.getuid?.() === 0;

describe("writeAtomically", () => {
  it("[AW1] shows files through ..data, with modes the umask does not cut", async () => {
    expect(await writeAtomically(directory, files({ a: "1", "sub/b": "2" }, 0o666))).toBe(true);
    expect([read("a"), read("sub/b")]).toEqual(["1", "2"]);
    expect(readlinkSync(join(directory, "a"))).toBe("..data/a");
    expect(statSync(join(directory, "a")).mode & 0o777).toBe(0o666);
  });

  it("[AW2] writes nothing when nothing has changed", async () => {
    await writeAtomically(directory, files({ a: "1" }));
    const version = readlinkSync(join(directory, "..data"));
    expect(await writeAtomically(directory, files({ a: "1" }))).toBe(false);
    expect(readlinkSync(join(directory, "..data"))).toBe(version);
  });

  it.each([
    ["[AW3] other content", { a: "2" }],
    ["[AW4] one more file", { a: "1", b: "2" }],
    ["[AW5] one file less", {}],
    ["[AW6] a file where a directory was", { d: "now a file" }],
  ])("%s replaces all, and leaves nothing of before", async (_, next) => {
    await writeAtomically(directory, files({ a: "1", "d/e": "x" }));
    expect(await writeAtomically(directory, files(next as { [path: string]: string }))).toBe(true);
    const names = readdirSync(directory)
      .filter((name) => !name.startsWith(".."))
      .sort();
    expect(names).toEqual(Object.keys(next).sort());
    for (const [path, text] of Object.entries(next)) expect(read(path)).toBe(text);
    expect(readdirSync(directory).filter((name) => name.startsWith("..2"))).toHaveLength(1);
  });

  it("[AW7] an open file keeps its version while a new one is written", async () => {
    await writeAtomically(directory, files({ a: "old" }));
    const before = join(directory, readlinkSync(join(directory, "..data")));
    await writeAtomically(directory, files({ a: "new" }), async (version) => {
      expect(readFileSync(join(before, "a"), "utf8")).toBe("old");
      expect(readFileSync(join(version, "a"), "utf8")).toBe("new");
      expect(read("a")).toBe("old");
    });
    expect(read("a")).toBe("new");
  });

  it.each(["", "/etc/passwd", "../x", "a/../b", "a//b", "..data/x", ".", "a/.", "x".repeat(256)])(
    "[AW8] refuses the path %j",
    async (path) => {
      expect(() => checkPath(path)).toThrow("invalid path");
      await expect(writeAtomically(directory, files({ [path]: "" }))).rejects.toThrow("invalid path");
      expect(readdirSync(directory)).toEqual([]);
    },
  );
});

describe("setOwnership", () => {
  it.runIf(isRoot)("[OW1] gives all to the group, readable or writable, and does not follow links", async () => {
    const outside = join(directory, "outside");
    const volume = join(directory, "volume");
    mkdirSync(join(volume, "sub"), { recursive: true });
    writeFileSync(outside, "x", { mode: 0o600 });
    writeFileSync(join(volume, "sub", "f"), "x", { mode: 0o600 });
    symlinkSync(outside, join(volume, "link"));
    await setOwnership(volume, { gid: 4321, readOnly: false, onRootMismatch: false });
    const info = statSync(join(volume, "sub", "f"));
    expect([info.gid, info.mode & 0o777]).toEqual([4321, 0o660]);
    expect(statSync(join(volume, "sub")).mode & 0o2770).toBe(0o2770);
    expect([statSync(outside).gid, statSync(outside).mode & 0o777]).toEqual([0, 0o600]);
  });

  it.runIf(isRoot)("[OW2] OnRootMismatch leaves a tree whose root is right", async () => {
    writeFileSync(join(directory, "f"), "x", { mode: 0o600 });
    await setOwnership(directory, { gid: 4321, readOnly: true, onRootMismatch: true });
    writeFileSync(join(directory, "g"), "x", { mode: 0o600 });
    await setOwnership(directory, { gid: 4321, readOnly: true, onRootMismatch: true });
    expect(statSync(join(directory, "f")).mode & 0o777).toBe(0o640);
    expect(statSync(join(directory, "g")).mode & 0o777).toBe(0o600);
  });
});

describe("prepareHostPath", () => {
  it.each([
    ["[HP1] a missing directory", "Directory", "none", "is not a directory"],
    ["[HP2] a file for a directory", "Directory", "file", "is not a directory"],
    ["[HP3] a directory for a file", "File", "dir", "is not a file"],
    ["[HP4] a file for a socket", "Socket", "file", "is not a socket file"],
    ["[HP5] a file for a device", "CharDevice", "file", "is not a character device"],
  ])("%s is refused", async (_, type, name, message) => {
    writeFileSync(join(directory, "file"), "");
    mkdirSync(join(directory, "dir"));
    await expect(prepareHostPath({ path: join(directory, name), type: type as never })).rejects.toThrow(
      `hostPath type check failed: ${join(directory, name)} ${message}`,
    );
  });

  it("[HP6] makes what it may make, and takes what is there", async () => {
    await prepareHostPath({ path: join(directory, "a/b"), type: "DirectoryOrCreate" });
    await prepareHostPath({ path: join(directory, "a/f"), type: "FileOrCreate" });
    expect(statSync(join(directory, "a/b")).isDirectory()).toBe(true);
    expect(statSync(join(directory, "a/f")).isFile()).toBe(true);
    await prepareHostPath({ path: join(directory, "a/b"), type: "DirectoryOrCreate" });
    await prepareHostPath({ path: join(directory, "none") });
    await prepareHostPath({ path: "/dev/null", type: "CharDevice" });
  });
});

describe.runIf(isRoot)("bindSubPath", () => {
  let volume: string;
  let target: string;
  beforeEach(() => {
    volume = join(directory, "volume");
    target = join(directory, "targets", "0");
    mkdirSync(join(volume, "dir"), { recursive: true });
    writeFileSync(join(volume, "dir", "f"), "inside");
    mkdirSync(join(directory, "secret"));
    writeFileSync(join(directory, "secret", "f"), "outside");
  });

  it("[SB1] binds a directory or a file", async () => {
    await bindSubPath(volume, "dir", target);
    expect(readFileSync(join(target, "f"), "utf8")).toBe("inside");
    await bindSubPath(volume, "dir/f", `${target}f`);
    expect(readFileSync(`${target}f`, "utf8")).toBe("inside");
  });

  it("[SB2] makes a directory that is missing", async () => {
    await bindSubPath(volume, "new/sub", target);
    writeFileSync(join(target, "x"), "1");
    expect(readFileSync(join(volume, "new/sub/x"), "utf8")).toBe("1");
  });

  it("[SB3] binds what is there now, also the second time", async () => {
    await bindSubPath(volume, "dir", target);
    rmSync(join(volume, "dir"), { recursive: true });
    mkdirSync(join(volume, "dir"));
    writeFileSync(join(volume, "dir", "f"), "later");
    await bindSubPath(volume, "dir", target);
    expect(readFileSync(join(target, "f"), "utf8")).toBe("later");
    expect((await mountsUnder(directory)).length).toBe(1);
  });

  it("[SB4] a link inside the volume is followed", async () => {
    symlinkSync("dir", join(volume, "link"));
    await bindSubPath(volume, "link", target);
    expect(readFileSync(join(target, "f"), "utf8")).toBe("inside");
  });

  it.each([
    ["[SB5] a link out of the volume", () => symlinkSync("../secret", join(volume, "link")), "link"],
    ["[SB6] an absolute link out", () => symlinkSync(join(directory, "secret"), join(volume, "link")), "link"],
    ["[SB7] a link out on the way", () => symlinkSync("../secret", join(volume, "link")), "link/f"],
    [
      "[SB8] a link out on the way to what is missing",
      () => symlinkSync("../secret", join(volume, "link")),
      "link/new",
    ],
    ["[SB9] dots", () => {}, "../secret"],
    ["[SB10] an absolute path", () => {}, "/etc"],
  ])("%s is refused", async (_, prepare, subPath) => {
    prepare();
    await expect(bindSubPath(volume, subPath, target)).rejects.toBeInstanceOf(SubPathError);
    expect(await mountsUnder(directory)).toEqual([]);
    expect(readdirSync(join(directory, "secret"))).toEqual(["f"]);
  });

  it("[SB12] reads a file of the volume, nothing else", async () => {
    expect(await readInVolume(volume, "dir/f", 100)).toBe("inside");
    expect(await readInVolume(volume, "none", 100)).toBeUndefined();
    await expect(readInVolume(volume, "dir/f", 3)).rejects.toBeInstanceOf(SubPathError);
    await expect(readInVolume(volume, "dir", 100)).rejects.toBeInstanceOf(SubPathError);
    symlinkSync("../secret/f", join(volume, "link"));
    await expect(readInVolume(volume, "link", 100)).rejects.toBeInstanceOf(SubPathError);
  });

  it("[SB11] says what is wrong with a path", () => {
    expect(() => checkSubPath("a/../../b")).toThrow("unable to provision SubPath `a/../../b`: must not contain '..'");
    expect(() => checkSubPath("/a")).toThrow("error SubPath `/a` must not be an absolute path");
    expect(() => checkSubPath("a/..b/c")).not.toThrow();
  });
});
