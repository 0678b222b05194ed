/**
 * Container images made from files, as an OCI image layout in a tar with a Docker manifest beside it, so that old and
 * new containerd (and `docker load`) take it.
 * Source: https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
import { createHash } from "node:crypto";
import { type TarEntry, tar } from "./tar.ts";

export interface ImageFile extends TarEntry {}

export interface ImageSpec {
  /** With registry and tag: "kedge.dev/pause:1". */
  name: string;
  goArch: string;
  files: ImageFile[];
  entrypoint?: string[];
  command?: string[];
  env?: string[];
  user?: string;
  workingDir?: string;
  exposedPorts?: string[];
}

const sha256 = (content: Buffer): string => createHash("sha256").update(content).digest("hex");

/** One layer, one platform. The same spec gives the same bytes. */
export function imageArchive(spec: ImageSpec): Buffer {
  const layer = tar(spec.files);
  const config = Buffer.from(
    JSON.stringify({
      created: "1970-01-01T00:00:00Z",
      architecture: spec.goArch,
      os: "linux",
      config: {
        ...(spec.user && { User: spec.user }),
        ...(spec.env && { Env: spec.env }),
        ...(spec.entrypoint && { Entrypoint: spec.entrypoint }),
        ...(spec.command && { Cmd: spec.command }),
        ...(spec.workingDir && { WorkingDir: spec.workingDir }),
        ...(spec.exposedPorts && { ExposedPorts: Object.fromEntries(spec.exposedPorts.map((p) => [p, {}])) }),
      },
      rootfs: { type: "layers", diff_ids: [`sha256:${sha256(layer)}`] },
      history: [{ created: "1970-01-01T00:00:00Z", created_by: "kedge" }],
    }),
  );
  const blob = (content: Buffer): TarEntry => ({ path: `blobs/sha256/${sha256(content)}`, mode: 0o644, content });
  const descriptor = (mediaType: string, content: Buffer) => ({
    mediaType,
    digest: `sha256:${sha256(content)}`,
    size: content.length,
  });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: descriptor("application/vnd.oci.image.config.v1+json", config),
      layers: [descriptor("application/vnd.oci.image.layer.v1.tar", layer)],
    }),
  );
  const json = (path: string, value: unknown): TarEntry => ({
    path,
    mode: 0o644,
    content: Buffer.from(JSON.stringify(value)),
  });
  return tar([
    json("oci-layout", { imageLayoutVersion: "1.0.0" }),
    json("index.json", {
      schemaVersion: 2,
      manifests: [
        {
          ...descriptor("application/vnd.oci.image.manifest.v1+json", manifest),
          annotations: {
            "io.containerd.image.name": spec.name,
            "org.opencontainers.image.ref.name": spec.name.split(":").at(-1),
          },
          platform: { architecture: spec.goArch, os: "linux" },
        },
      ],
    }),
    json("manifest.json", [
      {
        Config: `blobs/sha256/${sha256(config)}`,
        RepoTags: [spec.name],
        Layers: [`blobs/sha256/${sha256(layer)}`],
      },
    ]),
    { path: "blobs", mode: 0o755, directory: true },
    { path: "blobs/sha256", mode: 0o755, directory: true },
    blob(layer),
    blob(config),
    blob(manifest),
  ]);
}
