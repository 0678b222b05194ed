/** hostPath volumes: checks, and makes what the type allows to make. */
import { chmod, mkdir, open, stat } from "node:fs/promises";
import type { HostPathVolumeSource } from "../../kinds/core/v1-types.ts";

const CHECKS: {
  readonly [type: string]: {
    is: "isDirectory" | "isFile" | "isSocket" | "isCharacterDevice" | "isBlockDevice";
    what: string;
  };
} = {
  Directory: { is: "isDirectory", what: "a directory" },
  DirectoryOrCreate: { is: "isDirectory", what: "a directory" },
  File: { is: "isFile", what: "a file" },
  FileOrCreate: { is: "isFile", what: "a file" },
  Socket: { is: "isSocket", what: "a socket file" },
  CharDevice: { is: "isCharacterDevice", what: "a character device" },
  BlockDevice: { is: "isBlockDevice", what: "a block device" },
};

/** @throws Error "hostPath type check failed: …" */
export async function prepareHostPath({ path, type = "" }: HostPathVolumeSource): Promise<void> {
  if (type === "") return;
  const check = CHECKS[type];
  if (!check) throw new Error(`hostPath type check failed: ${type} is not a host path type`);
  const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return undefined;
  });
  if (info) {
    if (!info[check.is]()) throw new Error(`hostPath type check failed: ${path} is not ${check.what}`);
    return;
  }
  if (type === "DirectoryOrCreate") {
    await mkdir(path, { recursive: true, mode: 0o755 });
    await chmod(path, 0o755);
  } else if (type === "FileOrCreate") {
    await (await open(path, "a", 0o644)).close();
  } else throw new Error(`hostPath type check failed: ${path} is not ${check.what}`);
}
