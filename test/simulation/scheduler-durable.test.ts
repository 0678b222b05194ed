/** The Scheduler object in workerd: what it holds in memory is only a copy, whatever becomes of it. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Pod } from "../../kinds/core/v1-types.ts";
import { ADMIN_TOKEN, startWorker, type WorkerUnderTest } from "../api/workerd.ts";

describe("the Scheduler object in workerd", () => {
  let worker: WorkerUnderTest;
  beforeAll(async () => {
    worker = await startWorker();
    const status = { allocatable: { cpu: "4", memory: "8Gi", pods: "2" }, capacity: { pods: "2" } };
    await call("POST", "/api/v1/nodes", { metadata: { name: "n" }, status });
    // A patch: controllers write to the new node too.
    await call("PATCH", "/api/v1/nodes/n/status", { status });
    await call("POST", "/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "mine" } });
  });
  afterAll(() => worker?.stop());

  async function call(method: string, path: string, body?: object): Promise<Pod> {
    const response = await fetch(worker.url + path, {
      method,
      headers: {
        authorization: `Bearer ${ADMIN_TOKEN}`,
        "content-type": `application/${method === "PATCH" ? "merge-patch+" : ""}json`,
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as Pod;
  }

  /** Makes a pod that is at home anywhere, and waits until the scheduler has said something about it. */
  async function decided(name: string): Promise<{ node: string | undefined; message: string | undefined }> {
    const spec = {
      serviceAccountName: "mine",
      containers: [{ name: "c", image: "i" }],
      tolerations: [{ operator: "Exists" }],
    };
    await call("POST", "/api/v1/namespaces/default/pods", { metadata: { name }, spec });
    for (;;) {
      const pod = await call("GET", `/api/v1/namespaces/default/pods/${name}`);
      const condition = pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
      if (condition) return { node: pod.spec.nodeName, message: condition.message };
    }
  }

  it("[SO1] binds, and after an eviction and after a crash knows what is where", async () => {
    expect(await decided("a")).toEqual({ node: "n", message: undefined });
    await worker.hibernate("Scheduler");
    expect(await decided("b")).toEqual({ node: "n", message: undefined });
    await worker.crash("Scheduler");
    const { node, message } = await decided("c");
    expect(node).toBeUndefined();
    expect(message).toContain("0/1 nodes are available: 1 Too many pods.");
  });

  it("[SO2] what waited when it was thrown out goes on when there is room", async () => {
    await worker.crash("Scheduler");
    await call("DELETE", "/api/v1/namespaces/default/pods/a?gracePeriodSeconds=0");
    for (;;) {
      const { spec } = await call("GET", "/api/v1/namespaces/default/pods/c");
      if (spec.nodeName === "n") break;
    }
  });
});
