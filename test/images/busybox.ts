/** Images for tests, made from Debian's busybox-static: no registry needed. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { imageArchive } from "../../cli/images/archive.ts";
import type { TarEntry } from "../../cli/images/tar.ts";
import { goArch } from "../../cli/nodes/containerd.ts";
import { findProgram } from "../../cli/system/install.ts";

export const WEB_IMAGE = "kedge.test/web:1";

/** A dynamically linked program of this machine with every library it loads. */
export function withLibraries(name: string): TarEntry[] {
  const program = findProgram(name);
  if (!program) throw new Error(`${name} is missing: apt-get install ${name}`);
  const linked = execFileSync("ldd", [program], { encoding: "utf8" });
  const libraries = [...linked.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path as string);
  const directories = new Set(libraries.flatMap((path) => parents(path)));
  return [
    ...[...directories].sort().map((path): TarEntry => ({ path, mode: 0o755, directory: true })),
    ...libraries.map((path): TarEntry => ({ path: path.slice(1), mode: 0o755, content: fs.readFileSync(path) })),
    { path: `bin/${name}`, mode: 0o755, content: fs.readFileSync(program) },
  ];
}

const parents = (path: string): string[] => {
  const parts = path.slice(1).split("/").slice(0, -1);
  return parts.map((_, depth) => parts.slice(0, depth + 1).join("/"));
};

/**
 * A busybox with all its applets and a curl, and by default a web server on port 80 whose /cgi-bin/hostname names its pod.
 *
 * @param more files besides; paths that occur twice are taken once
 */
export function webImageArchive(name = WEB_IMAGE, more: readonly TarEntry[] = []): Buffer {
  const program = findProgram("busybox");
  if (!program) throw new Error("busybox is missing: apt-get install busybox-static");
  const applets = execFileSync(program, ["--list"], { encoding: "utf8" }).trim().split("\n");
  const directory = (path: string, mode = 0o755): TarEntry => ({ path, mode, directory: true });
  const file = (path: string, text: string, mode = 0o644): TarEntry => ({ path, mode, content: Buffer.from(text) });
  return imageArchive({
    name,
    goArch: goArch(),
    env: ["PATH=/bin"],
    // A shell in front, because PID 1 without a handler ignores SIGTERM.
    command: ["sh", "-c", "trap 'exit 0' TERM; httpd -f -p 80 -h /www & wait"],
    exposedPorts: ["80/tcp"],
    files: onceEach([
      ...["bin", "etc", "home", "root", "var", "www", "www/cgi-bin"].map((path) => directory(path)),
      directory("tmp", 0o1777),
      { path: "bin/busybox", mode: 0o755, content: fs.readFileSync(program) },
      ...applets
        .filter((a) => a !== "busybox")
        .map((applet): TarEntry => ({ path: `bin/${applet}`, mode: 0o777, linkTo: "busybox" })),
      ...withLibraries("curl"),
      file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/sh\n"),
      file("etc/group", "root:x:0:\nnobody:x:65534:\n"),
      file("www/index.html", "kedge\n"),
      file("www/cgi-bin/hostname", '#!/bin/sh\nprintf "Content-Type: text/plain\\r\\n\\r\\n"\nhostname\n', 0o755),
      ...more,
    ]),
  });
}

const onceEach = (entries: TarEntry[]): TarEntry[] => [
  ...new Map(entries.map((entry) => [entry.path.replace(/^\//, ""), entry])).values(),
];
