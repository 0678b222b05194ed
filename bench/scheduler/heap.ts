import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Bench, makePod } from "./run.ts";

/** What the scheduler holds of 5,000 nodes with 30 pods each, in 1,000 Deployments. */
export async function heapOfFullCluster(
  seed: number,
): Promise<{ nodes: number; pods: number; heapBytes: number; arrayBytes: number }> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const nodes = 5_000;
  const pods = 150_000;
  collect();
  collect();
  const before = process.memoryUsage();
  const bench = await Bench.start(seed);
  bench.addNodes(nodes, { zones: ["a", "b", "c"] });
  await bench.settle();
  for (let i = 0; i < pods; i++) {
    const hash = `${i % 1_000}`.padStart(4, "0");
    const template = {
      prefix: `deployment-${hash}`,
      namespace: `team-${i % 100}`,
      labels: { app: `app-${hash}`, "pod-template-hash": `7d9f6c${hash}` },
      spec: { nodeName: `scheduler-perf-${i % nodes}` },
    };
    const name = `deployment-${hash}-7d9f6c${hash}-${i.toString(36).padStart(5, "0")}`;
    bench.cluster.announce("pods", makePod(template, name));
    if (i % 1_000 === 999) await bench.settle();
  }
  await bench.settle();
  collect();
  collect();
  const after = process.memoryUsage();
  // Keeps the scheduler alive until here.
  if (bench.scheduler.metrics().unreadableObjects > 0) throw new Error("not all was read");
  return {
    nodes,
    pods,
    heapBytes: after.heapUsed - before.heapUsed,
    arrayBytes: after.arrayBuffers - before.arrayBuffers,
  };
}
