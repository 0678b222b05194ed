/** What conformance asks of workloads, with containers that serve, fail and fall ill, on two nodes of this machine. */
import { afterAll, beforeAll, describe } from "vitest";
import { skipNodes } from "../e2e/harness.ts";
import { webImageArchive } from "../images/busybox.ts";
import { netImageArchive } from "../images/netexec.ts";
import { disruptionTests } from "./budgets-on-nodes.ts";
import { OTHER_IMAGE } from "./cli-on-nodes.ts";
import { cronJobTests } from "./cron-jobs-on-nodes.ts";
import { daemonSetTests } from "./daemon-sets-on-nodes.ts";
import { deploymentTests } from "./deployments-on-nodes.ts";
import { jobTests } from "./jobs-on-nodes.ts";
import { type Nodes, startNodes } from "./nodes-kit.ts";
import { replicaTests } from "./replicas-on-nodes.ts";
import { statefulSetTests } from "./stateful-sets-on-nodes.ts";
import type { Workloads } from "./workloads-kit.ts";

const PORT = 16_951;

describe.skipIf(skipNodes)(`conformance of workloads${skipNodes ? ` (skipped: ${skipNodes})` : ""}`, () => {
  let api: Nodes;
  let nodes: { name: string; address: string }[];
  const world: Workloads = { api: () => api, nodes: () => nodes };

  beforeAll(async () => {
    api = await startNodes("apps", PORT, [webImageArchive(), webImageArchive(OTHER_IMAGE), netImageArchive()]);
    nodes = await api.nodes();
  });
  afterAll(() => api?.remove());

  cronJobTests(world);
  replicaTests(world);
  jobTests(world);
  daemonSetTests(world);
  statefulSetTests(world);
  deploymentTests(world);
  disruptionTests(world);
});
