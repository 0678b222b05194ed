/**
 * What the programs hold in memory of a cluster: each is given a snapshot of the cluster's objects, alone in a process
 * of its own, and its heap is measured.
 *
 *   node bench/scheduler/programs.ts --program scheduler|controllers --objects FILE
 *
 * FILE has one object a line: its storage key, a tab, and its JSON. Prints the bytes.
 */
import fs from "node:fs";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { controllerResources, controllersProgram } from "../../controllers/program.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { Cluster, SnapshotPage } from "../../machinery/cluster/contract.ts";
import type { Program } from "../../machinery/cluster/program.ts";
import { seededRandom } from "../../machinery/meta/random.ts";
import { createScheduler, SCHEDULER_RESOURCES } from "../../scheduler/program.ts";

const PAGE_ITEMS = 2_000;

const { values } = parseArgs({ options: { program: { type: "string" }, objects: { type: "string" } } });
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const used = (): number => {
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

/** Pages of the file, read as they are asked for. */
async function* pages(resources: ReadonlySet<string>): AsyncGenerator<SnapshotPage["items"]> {
  let items: SnapshotPage["items"] = [];
  for await (const line of createInterface({ input: fs.createReadStream(values.objects ?? "") })) {
    const tab = line.indexOf("\t");
    const resource = line.slice(0, tab);
    if (resources.has(resource)) items.push({ resource, value: line.slice(tab + 1) });
    if (items.length < PAGE_ITEMS) continue;
    yield items;
    items = [];
  }
  yield items;
}

let source: AsyncGenerator<SnapshotPage["items"]> | undefined;
const cluster: Cluster = {
  async snapshot(resources, next) {
    if (next === undefined) source = pages(new Set(resources));
    const { value = [], done } = await source!.next();
    return { revision: 1, items: value, ...(!done && { next: "more" }) };
  },
  // Nothing changes: this is about what is held.
  write: async (_actor, ops) =>
    ops.map(() => ({ ok: true, object: { apiVersion: "v1", kind: "Any", metadata: { resourceVersion: "1" } } })),
};
const clock: Clock = { now: () => Date.now(), after: () => () => undefined };
const random = seededRandom(1);
const log = (): void => undefined;

const before = used();
const program: Program =
  values.program === "scheduler"
    ? createScheduler({ cluster, clock, random })
    : controllersProgram({ cluster, caCertificate: "PEM", clock, random, log });
const resources = values.program === "scheduler" ? SCHEDULER_RESOURCES : controllerResources;
await program.changes({ from: 1, to: 1, events: [] });
await program.wake(clock.now());
source = undefined;
console.log(used() - before);
// Keeps what was read alive until here.
if (program.nextWakeMs() === 0 && resources.length === 0) throw new Error("nothing was read");
process.exit(0);
