import fs from "node:fs";
import { parseCommandLine } from "../arguments.ts";
import { stopControlPlane } from "../control-plane/start.ts";
import { Failure } from "../failure.ts";
import { readIfExists } from "../files.ts";
import { unmergeKubeconfig, userKubeconfig } from "../kubeconfig.ts";
import { type Layout, layoutOf } from "../layout.ts";
import { withLock } from "../lock.ts";
import { stopNode } from "../nodes/daemon.ts";
import { localNodes } from "../nodes/local-node.ts";
import { removeBridge, removeNamespace } from "../nodes/namespaces.ts";
import { simulatedDaemon, stopSimulatedNodes } from "../nodes/simulated.ts";
import { createProgress } from "../progress.ts";
import { readRunFile } from "../run-file.ts";
import { runningPid } from "../system/process.ts";

const LINE = {
  usage: "./kedge down [flags]",
  flags: {
    data: { type: "string", value: "DIR", help: "where the cluster lives", default: ".kedge" },
    purge: { type: "boolean", help: "also delete the cluster's data and its context in your kubeconfig" },
  },
} as const;

export async function main(args: string[]): Promise<void> {
  const line = parseCommandLine(LINE, args);
  if (!line) return;
  const layout = layoutOf(line.flags.data);
  if (!fs.existsSync(layout.dataDir)) {
    process.stdout.write(`Nothing to stop: there is no ${layout.dataDir}.\n`);
    return;
  }
  await takeDown(layout, { purge: line.flags.purge });
}

/** Stops everything of this data directory. @throws Failure naming what could not be removed */
export async function takeDown(layout: Layout, { purge }: { purge: boolean }): Promise<void> {
  const progress = createProgress(process.stderr);
  await withLock(layout, async () => {
    const nodes = localNodes(layout, readRunFile(layout)?.nodes ?? 0);
    const problems: string[] = [];
    await Promise.all(
      nodes.map((node) =>
        progress.step(`Stopping node ${node.name}`, async () => {
          problems.push(...(await stopNode(node)));
          await removeNamespace(layout, node);
        }),
      ),
    );
    if (nodes.length > 1) await removeBridge(layout);
    if (runningPid(simulatedDaemon(layout)) !== undefined) {
      await progress.step("Stopping the simulated nodes", async () => void (await stopSimulatedNodes(layout)));
    }
    await progress.step("Stopping the control plane", async (note) => {
      if (!(await stopControlPlane(layout))) note("was not running");
    });
    fs.rmSync(layout.runDir, { recursive: true, force: true });
    if (problems.length > 0)
      throw new Failure(`not everything could be removed; run ./kedge down again:\n${problems.join("\n")}`);
    if (!purge) return;
    const ca = readIfExists(`${layout.pkiDir}/ca.crt`);
    if (ca) {
      try {
        unmergeKubeconfig(userKubeconfig(), ca);
      } catch (error) {
        progress.warn(`the context was left in your kubeconfig: ${(error as Error).message}`);
      }
    }
  });
  if (purge) fs.rmSync(layout.dataDir, { recursive: true, force: true });
}
