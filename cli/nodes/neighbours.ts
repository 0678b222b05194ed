/** Two nodes in one network namespace would fight over the same addresses and rules. */
import fs from "node:fs";
import path from "node:path";
import { Failure } from "../failure.ts";
import type { Layout } from "../layout.ts";
import { runningPid } from "../system/process.ts";

const RUN_DIR = "/run/kedge";

/** @throws Failure naming the other cluster whose node lives in this network namespace */
export function refuseSecondNode(layout: Layout): void {
  if (!fs.existsSync(RUN_DIR)) return;
  const here = fs.readlinkSync("/proc/self/ns/net");
  for (const id of fs.readdirSync(RUN_DIR)) {
    const dir = path.join(RUN_DIR, id);
    if (id === layout.id || !fs.statSync(dir).isDirectory()) continue;
    for (const node of fs.readdirSync(dir)) {
      const pid = runningPid({ pidFile: path.join(dir, node, "daemon.pid") });
      if (pid === undefined || fs.readlinkSync(`/proc/${pid}/ns/net`) !== here) continue;
      const config = fs
        .readFileSync(`/proc/${pid}/cmdline`, "utf8")
        .split("\0")
        .find((word) => word.endsWith("/config.json"));
      const dataDir = config ? path.resolve(config, "../../..") : "an unknown directory";
      throw new Failure(
        `this machine is already node ${node} of the cluster in ${dataDir} (pid ${pid}).\n` +
          `Stop that with ./kedge down --data ${dataDir}, or use --no-node for the control plane alone.`,
      );
    }
  }
}
