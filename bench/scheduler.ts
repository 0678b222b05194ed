/**
 * The scheduler on the workloads of upstream's scheduler_perf. Prints pods a second beside upstream's floors, how that
 * changes with the number of nodes, and the heap of a full-size cluster.
 *
 *   node bench/scheduler.ts [--nodes 1000,5000,15000] [--only Name,…] [--seed 1] [--no-heap]
 */
import { parseArgs } from "node:util";
import { heapOfFullCluster } from "./scheduler/heap.ts";
import { runWorkload } from "./scheduler/run.ts";
import { WORKLOADS } from "./scheduler/workloads.ts";

const { values } = parseArgs({
  options: {
    nodes: { type: "string", default: "1000,5000,15000" },
    only: { type: "string" },
    seed: { type: "string", default: "1" },
    "no-heap": { type: "boolean", default: false },
  },
});
const sizes = values.nodes.split(",").map(Number);
const only = values.only?.split(",");
const seed = Number(values.seed);

const cells = (name: string, ...figures: (string | number)[]): string =>
  [name.padEnd(48), ...figures.map((figure) => String(figure).padStart(12))].join("");

console.log(`pods/s of the scheduler alone: reading the feed, deciding, making up the writes (seed ${seed})`);
console.log(cells("workload", ...sizes.map((size) => `${size} nodes`), "target", "upstream"));
for (const workload of WORKLOADS) {
  if (only && !only.includes(workload.name)) continue;
  const rates: number[] = [];
  for (const size of sizes) {
    const { pods, ms } = await runWorkload(workload, size, seed);
    rates.push(Math.round((pods / ms) * 1_000));
  }
  console.log(cells(workload.name, ...rates, workload.target ?? "", workload.floor ?? ""));
}
if (!values["no-heap"]) {
  const { nodes, pods, heapBytes, arrayBytes } = await heapOfFullCluster(seed);
  const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(1);
  console.log(
    `\nmemory for ${nodes} nodes and ${pods} bound pods: ${megabytes(heapBytes + arrayBytes)} MB ` +
      `(heap ${megabytes(heapBytes)}, arrays ${megabytes(arrayBytes)}); an isolate has 128 MB`,
  );
}
