import { beforeAll, describe, expect, it } from "vitest";
import type { Pod } from "../../kinds/core/v1-types.ts";
import { type Apps, startApps, statusEndpoints, template } from "./apps-kit.ts";
import { namesOf, ok } from "./kit.ts";

let apps: Apps;
beforeAll(async () => {
  apps = await startApps();
});

async function setUp(name: string, more: object = {}) {
  apps.fate = () => "ready";
  const ns = await apps.namespace();
  const sets = `/apis/apps/v1/namespaces/${ns}/daemonsets`;
  const object = {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name, labels: { test: name } },
    spec: { selector: { matchLabels: { app: name } }, template: template({ app: name }), ...more },
  };
  ok(await apps.create(sets, object), 201);
  await apps.rest();
  const path = `${sets}/${name}`;
  return {
    ns,
    sets,
    path,
    get: async () => ok(await apps.get(path)),
    pods: (): Promise<Pod[]> => apps.pods(ns),
    nodes: async () => (await apps.pods(ns)).map(({ spec }) => spec.nodeName).sort(),
    image: async (image: string) =>
      void ok(
        await apps.patch(
          path,
          { spec: { template: { spec: { containers: [{ name: "main", image }] } } } },
          "strategic",
        ),
      ),
  };
}

describe("[sig-apps] Daemon set [Serial]", () => {
  it("should run and stop simple daemon [Conformance]", async () => {
    const { nodes, pods, ns, path } = await setUp("simple");
    expect(await nodes()).toEqual(["n1", "n2"]);
    const [first] = await pods();
    ok(await apps.delete(`/api/v1/namespaces/${ns}/pods/${first!.metadata.name}`));
    await apps.rest();
    expect(await nodes()).toEqual(["n1", "n2"]);
    expect((await pods()).map(({ metadata }) => metadata.name)).not.toContain(first!.metadata.name);
    ok(await apps.delete(path, { propagationPolicy: "Background" }));
    await apps.rest();
    expect(await pods()).toEqual([]);
  });

  it("should run and stop complex daemon [Conformance]", async () => {
    const nodeSelector = { color: "blue" };
    const { nodes, path } = await setUp("complex", {
      template: template({ app: "complex" }, "httpd:1", { nodeSelector }),
    });
    const paint = async (color: string | null) => {
      ok(await apps.patch("/api/v1/nodes/n2", { metadata: { labels: { color } } }));
      await apps.rest();
    };
    expect(await nodes()).toEqual([]);
    await paint("blue");
    expect(await nodes()).toEqual(["n2"]);
    await paint("green");
    expect(await nodes()).toEqual([]);
    const changes = {
      spec: { updateStrategy: { type: "RollingUpdate" }, template: { spec: { nodeSelector: { color: "green" } } } },
    };
    ok(await apps.patch(path, changes));
    await apps.rest();
    expect(await nodes()).toEqual(["n2"]);
    await paint(null);
  });

  it("should retry creating failed daemon pods [Conformance]", async () => {
    const { pods, nodes, ns } = await setUp("failed");
    const [first] = await pods();
    ok(
      await apps.patch(`/api/v1/namespaces/${ns}/pods/${first!.metadata.name}/status`, { status: { phase: "Failed" } }),
    );
    await apps.rest();
    expect(await nodes()).toEqual(["n1", "n2"]);
    expect((await pods()).map(({ metadata }) => metadata.uid)).not.toContain(first!.metadata.uid);
    const told = ok(await apps.get(`/api/v1/namespaces/${ns}/events?fieldSelector=reason%3DFailedDaemonPod`)).items;
    expect(told).toMatchObject([
      {
        type: "Warning",
        message: `Found failed daemon pod ${ns}/${first!.metadata.name} on node ${first!.spec.nodeName}, will try to kill it`,
      },
    ]);
  });

  it("should update pod when spec was updated and update strategy is RollingUpdate [Conformance]", async () => {
    const { pods, image, ns } = await setUp("updated");
    await image("agnhost");
    await apps.rest();
    expect((await pods()).map(({ spec }) => spec.containers[0]?.image)).toEqual(["agnhost", "agnhost"]);
    const { items } = ok(await apps.get(`/apis/apps/v1/namespaces/${ns}/controllerrevisions`));
    expect(items.map(({ revision }: { revision: number }) => revision).sort()).toEqual([1, 2]);
  });

  it("should rollback without unnecessary restarts [Conformance]", async () => {
    const { pods, image } = await setUp("rolled-back");
    const before = new Map((await pods()).map(({ metadata, spec }) => [spec.nodeName, metadata.uid]));
    // Nobody can pull it: the rollout stops at its first pod.
    apps.fate = ({ spec }) => (spec.containers[0]?.image === "foo:non-existent" ? "pending" : "ready");
    await image("foo:non-existent");
    await apps.rest();
    const now = await pods();
    expect(now.map(({ spec }) => spec.containers[0]?.image).sort()).toEqual(["foo:non-existent", "httpd:1"]);
    const untouched = now.find(({ spec }) => spec.containers[0]?.image === "httpd:1")!;
    await image("httpd:1");
    await apps.rest();
    const after = await pods();
    expect(after.map(({ spec }) => spec.containers[0]?.image)).toEqual(["httpd:1", "httpd:1"]);
    const kept = after.filter(({ metadata, spec }) => before.get(spec.nodeName) === metadata.uid);
    expect(kept.map(({ metadata }) => metadata.uid)).toEqual([untouched.metadata.uid]);
  });

  it("should list and delete a collection of DaemonSets [Conformance]", async () => {
    const { sets, pods } = await setUp("collected");
    expect(namesOf(ok(await apps.get("/apis/apps/v1/daemonsets?labelSelector=test%3Dcollected")))).toEqual([
      "collected",
    ]);
    ok(await apps.request("DELETE", `${sets}?labelSelector=test%3Dcollected`));
    await apps.rest();
    expect(ok(await apps.get(sets)).items).toEqual([]);
    expect(await pods()).toEqual([]);
  });

  it("should verify changes to a daemon set status [Conformance]", async () => {
    await statusEndpoints(apps, (await setUp("status")).path);
  });

  it("runs on new nodes, tolerates what daemons tolerate, and counts all that in its status", async () => {
    const { nodes, pods, get } = await setUp("everywhere");
    await apps.node("n3");
    await apps.rest();
    expect(await nodes()).toEqual(["n1", "n2", "n3"]);
    expect((await get()).status).toMatchObject({
      desiredNumberScheduled: 3,
      currentNumberScheduled: 3,
      numberReady: 3,
      numberAvailable: 3,
      updatedNumberScheduled: 3,
      numberMisscheduled: 0,
    });
    const [pod] = await pods();
    expect(
      pod?.spec.tolerations?.map(({ key, effect }) => `${key?.replace("node.kubernetes.io/", "")}:${effect}`),
    ).toEqual([
      "not-ready:NoExecute",
      "unreachable:NoExecute",
      "disk-pressure:NoSchedule",
      "memory-pressure:NoSchedule",
      "pid-pressure:NoSchedule",
      "unschedulable:NoSchedule",
    ]);
    ok(await apps.delete("/api/v1/nodes/n3"));
    await apps.rest();
  });
});

describe("[sig-apps] ControllerRevision [Serial]", () => {
  it("should manage the lifecycle of a ControllerRevision [Conformance]", async () => {
    const { path, ns, image } = await setUp("revised");
    const revisions = `/apis/apps/v1/namespaces/${ns}/controllerrevisions`;
    const list = async (selector = "app=revised") =>
      ok(await apps.get(`${revisions}?labelSelector=${encodeURIComponent(selector)}`)).items;
    const [first, ...others] = await list();
    expect(others).toEqual([]);
    const name = first.metadata.name as string;
    ok(await apps.patch(`${revisions}/${name}`, { metadata: { labels: { [name]: "patched" } } }, "strategic"));
    expect(await list(`${name}=patched`)).toHaveLength(1);
    const second = {
      apiVersion: "apps/v1",
      kind: "ControllerRevision",
      metadata: {
        name: `${name}-copy`,
        labels: { app: "revised", made: "here" },
        ownerReferences: first.metadata.ownerReferences,
      },
      data: first.data,
      revision: first.revision + 1,
    };
    ok(await apps.create(revisions, second), 201);
    expect(await list()).toHaveLength(2);
    ok(await apps.delete(`${revisions}/${name}`));
    await apps.rest();
    const [left, ...more] = await list();
    expect([left.metadata.name, more]).toEqual([`${name}-copy`, []]);
    ok(
      await apps.replace(`${revisions}/${name}-copy`, {
        ...left,
        metadata: { ...left.metadata, labels: { ...left.metadata.labels, updated: "yes" } },
      }),
    );
    expect(await list("updated=yes")).toHaveLength(1);
    await image("httpd:2");
    await apps.rest();
    expect(await list()).toHaveLength(2);
    ok(await apps.request("DELETE", `${revisions}?labelSelector=updated%3Dyes`));
    await apps.rest();
    const [last, ...none] = await list();
    expect([last.revision, none]).toEqual([3, []]);
    expect(ok(await apps.get(path)).status.updatedNumberScheduled).toBe(2);
  });
});
