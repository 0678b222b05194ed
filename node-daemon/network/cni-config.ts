/** The CNI configuration that containerd reads. Source: https://www.cni.dev/docs/spec/ and /plugins/current/main/ptp/ */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Where containerd's `conf_dir` must point. */
export const cniConfDir = (stateDir: string): string => join(stateDir, "cni");

export const CNI_CONF_FILE = "10-kedge.conflist";

/**
 * Pods get a veth pair each (`ptp`), routed: every packet passes the host's own hooks, so that conntrack sees both
 * directions without br_netfilter. Addresses come from `host-local`, which keeps them under stateDir.
 *
 * `cniVersion` 0.4.0 is what Ubuntu 22.04's plugins (0.9.1) and every containerd since 1.5 understand. hostPorts are
 * rules of ours (node-daemon/proxy); loopback is added by containerd.
 */
export const planCniConfig = ({ podCidr, mtu, stateDir }: CniInput): object => ({
  cniVersion: "0.4.0",
  name: "kedge",
  plugins: [
    {
      type: "ptp",
      ipMasq: false,
      mtu,
      ipam: {
        type: "host-local",
        ranges: [[{ subnet: podCidr }]],
        routes: [{ dst: "0.0.0.0/0" }],
        dataDir: join(cniConfDir(stateDir), "ipam"),
      },
    },
  ],
});

export interface CniInput {
  podCidr: string;
  mtu: number;
  stateDir: string;
}

/** Writes the configuration in one rename, when it is not there already. */
export async function writeCniConfig(input: CniInput): Promise<"written" | "unchanged"> {
  const directory = cniConfDir(input.stateDir);
  const path = join(directory, CNI_CONF_FILE);
  const text = `${JSON.stringify(planCniConfig(input), null, 2)}\n`;
  const before = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (before === text) return "unchanged";
  await mkdir(directory, { recursive: true, mode: 0o755 });
  // The suffix keeps containerd, which watches the folder, from reading half a file.
  await writeFile(`${path}.new`, text, { mode: 0o644 });
  await rename(`${path}.new`, path);
  return "written";
}
