/** Builds a container image from Debian's busybox-static, for tests that run real containers. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

interface TarEntry {
  name: string;
  mode: number;
  content?: Buffer;
  /** Symbolic link to this. */
  link?: string;
  directory?: boolean;
}

const BLOCK_BYTES = 512;

function tarHeader({ name, mode, content, link, directory }: TarEntry): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, "0")}\0`;
  header.write(name, 0, 100);
  header.write(octal(mode, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(content?.length ?? 0, 12), 124);
  header.write(octal(0, 12), 136);
  header.write("        ", 148);
  header.write(directory ? "5" : link === undefined ? "0" : "2", 156);
  header.write(link ?? "", 157, 100);
  header.write("ustar\x0000", 257);
  header.write(
    octal(
      header.reduce((sum, byte) => sum + byte, 0),
      7,
    ),
    148,
  );
  return header;
}

function tar(entries: TarEntry[]): Buffer {
  const parts: Buffer[] = [];
  for (const entry of entries) {
    parts.push(tarHeader(entry));
    if (entry.content) {
      parts.push(entry.content, Buffer.alloc((BLOCK_BYTES - (entry.content.length % BLOCK_BYTES)) % BLOCK_BYTES));
    }
  }
  parts.push(Buffer.alloc(2 * BLOCK_BYTES));
  return Buffer.concat(parts);
}

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

/** An OCI image layout as a tar, for `ctr images import`. One layer, one platform: this machine's. */
export function busyboxImage(reference: string, config: { command: string[] }): Buffer {
  const applets = execFileSync("busybox", ["--list"], { encoding: "utf8" }).trim().split("\n");
  const text = (value: string): Buffer => Buffer.from(value);
  const layer = tar([
    ...["bin/", "etc/", "root/", "var/", "tmp/"].map((name) => ({
      name,
      mode: name === "tmp/" ? 0o1777 : 0o755,
      directory: true,
    })),
    { name: "bin/busybox", mode: 0o755, content: readFileSync("/bin/busybox") },
    ...applets.filter((a) => a !== "busybox").map((a) => ({ name: `bin/${a}`, mode: 0o777, link: "busybox" })),
    { name: "etc/passwd", mode: 0o644, content: text("root:x:0:0:root:/root:/bin/sh\nweb:x:1000:1000::/:/bin/sh\n") },
    { name: "etc/group", mode: 0o644, content: text("root:x:0:\nweb:x:1000:\n") },
  ]);
  const arch = process.arch === "arm64" ? "arm64" : "amd64";
  const blobs: TarEntry[] = [];
  const blob = (content: Buffer, mediaType: string): { mediaType: string; digest: string; size: number } => {
    blobs.push({ name: `blobs/sha256/${sha256(content)}`, mode: 0o644, content });
    return { mediaType, digest: `sha256:${sha256(content)}`, size: content.length };
  };
  const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));
  const layerBlob = blob(layer, "application/vnd.oci.image.layer.v1.tar");
  const imageConfig = {
    architecture: arch,
    os: "linux",
    config: { Env: ["PATH=/bin"], Cmd: config.command },
    rootfs: { type: "layers", diff_ids: [layerBlob.digest] },
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: blob(json(imageConfig), "application/vnd.oci.image.config.v1+json"),
    layers: [layerBlob],
  };
  const manifestBlob = blob(json(manifest), manifest.mediaType);
  const index = {
    schemaVersion: 2,
    manifests: [{ ...manifestBlob, annotations: { "io.containerd.image.name": reference } }],
  };
  return tar([
    { name: "oci-layout", mode: 0o644, content: json({ imageLayoutVersion: "1.0.0" }) },
    { name: "index.json", mode: 0o644, content: json(index) },
    ...blobs,
  ]);
}
