import fs from "node:fs";
import { parseCommandLine } from "../arguments.ts";
import { Failure } from "../failure.ts";
import { layoutOf } from "../layout.ts";
import { ctr } from "../nodes/containerd.ts";
import { localNodes } from "../nodes/local-node.ts";
import { createProgress } from "../progress.ts";
import { readRunFile } from "../run-file.ts";
import { runningPid } from "../system/process.ts";
import { run } from "../system/run.ts";

const LINE = {
  usage: "./kedge image load ARCHIVE.tar [flags]",
  flags: {
    data: { type: "string", value: "DIR", help: "where the cluster lives", default: ".kedge" },
    node: { type: "string", value: "NAME", help: "this node only (default: all on this machine)" },
  },
  positionals: { least: 2, most: 2 },
} as const;

/** Imports an OCI or Docker image archive (as `docker save` writes it) into the nodes' containerd. */
export async function main(args: string[]): Promise<void> {
  const line = parseCommandLine(LINE, args);
  if (!line) return;
  const [action, archive = ""] = line.positionals;
  if (action !== "load") throw new Failure(`unknown: image ${action}. Usage: ${LINE.usage}`, 2);
  if (!fs.existsSync(archive)) throw new Failure(`there is no file ${archive}`);
  const layout = layoutOf(line.flags.data);
  const all = localNodes(layout, readRunFile(layout)?.nodes ?? 0);
  const wanted = all.filter((node) => line.flags.node === undefined || node.name === line.flags.node);
  if (wanted.length === 0) {
    throw new Failure(
      line.flags.node
        ? `no node ${line.flags.node} on this machine; there are: ${all.map((node) => node.name).join(", ") || "none"}`
        : "no nodes on this machine: run ./kedge up first",
    );
  }
  const progress = createProgress(process.stderr);
  for (const node of wanted) {
    if (runningPid(node.containerd) === undefined)
      throw new Failure(`containerd of ${node.name} does not run: run ./kedge up first`);
    await progress.step(`Loading into ${node.name}`, async (note) => {
      const ran = await run("ctr", [...ctr(node), "images", "import", archive]);
      if (ran.exitCode !== 0) throw new Failure(`${archive} could not be imported: ${ran.stderr.trim()}`);
      note(
        ran.stdout
          .split("\n")
          .map((row) => /^unpacking (\S+)/.exec(row)?.[1])
          .filter(Boolean)
          .join(", "),
      );
    });
  }
}
