import { describe, expect, it } from "vitest";
import { decodeMessage, openEnvelope } from "../../machinery/codec/protobuf/decode.ts";
import type { UsageReport } from "../../machinery/usage.ts";
import { startApi } from "./in-process.ts";

const TIME_MS = Date.parse("2026-01-01T00:00:00Z");

const figures = (cpuNanoCores: number, windowMs = 15_000) => ({
  timestampMs: TIME_MS,
  windowMs,
  cpuNanoCores,
  memoryWorkingSetBytes: 10 << 20,
});

/** Two nodes of which one answers, a pod on each, and one that waits. */
async function cluster() {
  const reports = new Map<string, UsageReport>();
  const api = await startApi({ usageOf: async (node) => reports.get(node) });
  const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } };
  await api.create("/api/v1/namespaces/default/serviceaccounts", account);
  const uids: string[] = [];
  for (const [name, node, phase] of [
    ["a", "n1", "Running"],
    ["b", "n2", "Running"],
    ["c", undefined, "Pending"],
  ] as const) {
    const spec = { containers: [{ name: "main", image: "i" }], ...(node && { nodeName: node }) };
    const labels = { app: name };
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name, labels }, spec };
    const created = await api.create("/api/v1/namespaces/default/pods", pod);
    expect(created.status, created.text).toBe(201);
    uids.push(created.body.metadata.uid);
    await api.patch(`/api/v1/namespaces/default/pods/${name}/status`, { status: { phase } });
  }
  for (const name of ["n1", "n2"])
    await api.create("/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata: { name } });
  reports.set("n1", {
    node: figures(1_500_000_000),
    pods: [{ namespace: "default", name: "a", uid: uids[0]!, containers: [{ name: "main", ...figures(250_000_000) }] }],
  });
  return { api, reports };
}

describe("metrics.k8s.io", () => {
  it("[RM1] pods, of the nodes that answer", async () => {
    const { api } = await cluster();
    const { body } = await api.get("/apis/metrics.k8s.io/v1beta1/namespaces/default/pods");
    expect(body).toEqual({
      kind: "PodMetricsList",
      apiVersion: "metrics.k8s.io/v1beta1",
      metadata: { resourceVersion: "" },
      items: [
        {
          kind: "PodMetrics",
          apiVersion: "metrics.k8s.io/v1beta1",
          metadata: {
            name: "a",
            namespace: "default",
            creationTimestamp: "2026-01-01T00:00:00Z",
            labels: { app: "a" },
          },
          timestamp: "2026-01-01T00:00:00Z",
          window: "15s",
          containers: [{ name: "main", usage: { cpu: "250m", memory: "10240Ki" } }],
        },
      ],
    });
  });

  it("[RM2] by label, by name, and 404 for what has no figures", async () => {
    const { api } = await cluster();
    const root = "/apis/metrics.k8s.io/v1beta1";
    expect((await api.get(`${root}/pods?labelSelector=app%3Db`)).body.items).toEqual([]);
    expect((await api.get(`${root}/namespaces/default/pods/a`)).body.containers).toHaveLength(1);
    const none = await api.get(`${root}/namespaces/default/pods/c`);
    expect([none.status, none.body.message]).toEqual([404, 'pods.metrics.k8s.io "default/c" not found']);
  });

  it("[RM3] nodes, as objects and as a table", async () => {
    const { api, reports } = await cluster();
    const path = "/apis/metrics.k8s.io/v1beta1/nodes";
    const { body } = await api.get(path);
    expect(body.items).toMatchObject([{ metadata: { name: "n1" }, usage: { cpu: "1500m", memory: "10240Ki" } }]);
    const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
    const table = (await api.get(path, { headers: { accept } })).body;
    expect(table.rows.map(({ cells }: { cells: unknown[] }) => cells)).toEqual([["n1", "1500m", "10Mi", "15s"]]);
    // One that has measured only once knows no rate.
    reports.set("n2", { node: figures(0, 0), pods: [] });
    expect((await api.get(path)).body.items).toHaveLength(1);
  });

  it("[RM4] is discovered, can only be read, and needs the right", async () => {
    const { api } = await cluster();
    const root = "/apis/metrics.k8s.io/v1beta1";
    expect((await api.get(root)).body.resources.map(({ name }: { name: string }) => name)).toEqual(["nodes", "pods"]);
    expect((await api.delete(`${root}/namespaces/default/pods/a`)).status).toBe(405);
    const nobody = { user: "nobody", groups: ["system:authenticated"] };
    expect((await api.get(`${root}/nodes`, { as: nobody })).status).toBe(403);
  });

  it("[RM5] as protobuf, which kubectl top asks for", async () => {
    const { api } = await cluster();
    const answer = await api.raw("GET", "/apis/metrics.k8s.io/v1beta1/pods", {
      headers: { accept: "application/vnd.kubernetes.protobuf" },
    });
    expect(answer.status).toBe(200);
    const { raw } = openEnvelope(new Uint8Array(await answer.arrayBuffer()));
    expect(decodeMessage(raw, "k8s.io.metrics.pkg.apis.metrics.v1beta1.PodMetricsList")).toMatchObject({
      items: [{ metadata: { name: "a" }, window: "15s", containers: [{ name: "main", usage: { cpu: "250m" } }] }],
    });
  });

  it("[RM6] a node is not believed about pods of others", async () => {
    const { api, reports } = await cluster();
    const [pod] = reports.get("n1")!.pods;
    reports.set("n2", { node: figures(0), pods: [{ ...pod!, containers: [{ name: "main", ...figures(9e9) }] }] });
    reports.delete("n1");
    expect((await api.get("/apis/metrics.k8s.io/v1beta1/pods")).body.items).toEqual([]);
  });
});
