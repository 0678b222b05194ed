/** Where everything lies: below the data directory, but for sockets and mounts, which lie below /run/kedge. */
import { createHash } from "node:crypto";
import path from "node:path";

export interface Layout {
  /** Absolute. */
  dataDir: string;
  /** Eight hex digits of the data directory's path: tells two data directories' kernel objects apart. */
  id: string;
  /** Socket paths are limited to 107 bytes, and mounts must not be on a network file system. */
  runDir: string;
  runFile: string;
  kubeconfig: string;
  pkiDir: string;
  controlPlaneDir: string;
  nodesDir: string;
}

export function layoutOf(dataDirectory: string): Layout {
  const dataDir = path.resolve(dataDirectory);
  const id = createHash("sha256").update(dataDir).digest("hex").slice(0, 8);
  return {
    dataDir,
    id,
    runDir: `/run/kedge/${id}`,
    runFile: path.join(dataDir, "run.json"),
    kubeconfig: path.join(dataDir, "kubeconfig"),
    pkiDir: path.join(dataDir, "pki"),
    controlPlaneDir: path.join(dataDir, "control-plane"),
    nodesDir: path.join(dataDir, "nodes"),
  };
}

export const projectDir = path.resolve(import.meta.dirname, "..");
