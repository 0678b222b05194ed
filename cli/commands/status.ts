import { parseCommandLine } from "../arguments.ts";
import { controlPlaneDaemon } from "../control-plane/start.ts";
import { layoutOf } from "../layout.ts";
import { localNodes } from "../nodes/local-node.ts";
import { simulatedDaemon } from "../nodes/simulated.ts";
import { readRunFile } from "../run-file.ts";
import { runningPid } from "../system/process.ts";

const LINE = {
  usage: "./kedge status [flags]",
  flags: { data: { type: "string", value: "DIR", help: "where the cluster lives", default: ".kedge" } },
} as const;

/** Prints one line a process; exits with 1 when anything that should run does not. */
export async function main(args: string[]): Promise<void> {
  const line = parseCommandLine(LINE, args);
  if (!line) return;
  const layout = layoutOf(line.flags.data);
  const run = readRunFile(layout);
  if (!run) {
    process.stdout.write(`Never started: there is no cluster in ${layout.dataDir}.\n`);
    process.exitCode = 1;
    return;
  }
  const processes = [
    { name: "control plane", daemon: controlPlaneDaemon(layout) },
    ...(run.simulatedNodes ? [{ name: "simulated nodes", daemon: simulatedDaemon(layout) }] : []),
    ...localNodes(layout, run.nodes).flatMap((node) => [
      { name: `${node.name} containerd`, daemon: node.containerd },
      { name: `${node.name} daemon`, daemon: node.daemon },
    ]),
  ];
  const width = Math.max(...processes.map(({ name }) => name.length));
  for (const { name, daemon } of processes) {
    const pid = runningPid(daemon);
    process.stdout.write(`${name.padEnd(width)}  ${pid === undefined ? "stopped" : `running (pid ${pid})`}\n`);
    if (pid === undefined) process.exitCode = 1;
  }
}
