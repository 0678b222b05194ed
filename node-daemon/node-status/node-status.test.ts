import { describe, expect, it } from "vitest";
import type { Node } from "../../kinds/core/v1-types.ts";
import { FakeRuntime } from "../../test/fakes/runtime.ts";
import { ApiCallError } from "../contracts.ts";
import { FakeApi } from "../pods/testing/fake-api.ts";
import { fakeEvents, fakeNetwork, silentLog } from "../pods/testing/fake-services.ts";
import { JumpClock } from "../pods/testing/jump-clock.ts";
import { RuntimeError } from "../runtime/runtime.ts";
import { type Machine, memoryField, prettyName } from "./machine.ts";
import { createNodeManager } from "./node-manager.ts";
import { nodeStatusPatch } from "./node-patch.ts";
import { nodeEvents, nodeLabels, nodeStatus } from "./plan-node.ts";

const machine: Machine = {
  hostname: "host",
  architecture: "amd64",
  kernelVersion: "6.1",
  osImage: "Debian",
  machineId: "m",
  bootId: "b",
  systemUuid: "s",
  cpus: 4,
  memoryBytes: 8 * 2 ** 30,
  appArmor: false,
  swapBytes: 0,
};
const GIB = 2 ** 30;
const measures = {
  memoryAvailableBytes: 4 * GIB,
  disk: { capacityBytes: 100 * GIB, availableBytes: 50 * GIB, inodes: 1000, inodesFree: 900 },
  pids: { max: 32_768, running: 100 },
};
const NOW = Date.parse("2026-05-01T10:00:00Z");
const status = (change: object = {}, before?: Node["status"]) =>
  nodeStatus(
    {
      nodeName: "node-1",
      machine,
      measures,
      nodeIps: ["10.1.1.1"],
      runtime: { name: "containerd", version: "1.6" },
      images: [],
      problems: [],
      nowMs: NOW,
      ...change,
    },
    before,
  );
const conditions = (s: Node["status"]) =>
  Object.fromEntries((s?.conditions ?? []).map(({ type, status: is, reason }) => [type, `${is} ${reason}`]));

describe("nodeStatus", () => {
  it("[NS1] says what the machine is and can give", () => {
    expect(status()).toMatchObject({
      addresses: [
        { type: "InternalIP", address: "10.1.1.1" },
        { type: "Hostname", address: "node-1" },
      ],
      capacity: { cpu: "4", memory: "8388608Ki", pods: "110", "ephemeral-storage": "104857600Ki" },
      allocatable: { cpu: "4", memory: "8286208Ki", "ephemeral-storage": "96636764160" },
      declaredFeatures: [
        "GuaranteedQoSPodCPUResize",
        "InPlacePodLevelResourcesVerticalScaling",
        "RestartAllContainersOnContainerExits",
      ],
      nodeInfo: {
        containerRuntimeVersion: "containerd://1.6",
        kubeletVersion: expect.stringMatching(/^v1\.36\.0\+kedge/),
        operatingSystem: "linux",
      },
    });
    expect(nodeLabels("node-1", machine, { zone: "a" })).toMatchObject({
      "kubernetes.io/hostname": "node-1",
      "kubernetes.io/arch": "amd64",
      zone: "a",
    });
  });

  it("[NS2] all is well", () => {
    expect(conditions(status())).toEqual({
      MemoryPressure: "False KubeletHasSufficientMemory",
      DiskPressure: "False KubeletHasNoDiskPressure",
      PIDPressure: "False KubeletHasSufficientPID",
      Ready: "True KubeletReady",
    });
  });

  it.each([
    [
      "[NS3] little memory",
      { memoryAvailableBytes: 50 * 2 ** 20 },
      "MemoryPressure",
      "True KubeletHasInsufficientMemory",
    ],
    [
      "[NS4] little disk",
      { disk: { ...measures.disk, availableBytes: 9 * GIB } },
      "DiskPressure",
      "True KubeletHasDiskPressure",
    ],
    ["[NS5] few inodes", { disk: { ...measures.disk, inodesFree: 40 } }, "DiskPressure", "True KubeletHasDiskPressure"],
    [
      "[NS6] a file system without inodes",
      { disk: { ...measures.disk, inodes: 0, inodesFree: 0 } },
      "DiskPressure",
      "False KubeletHasNoDiskPressure",
    ],
    ["[NS7] few process ids", { pids: { max: 1000, running: 990 } }, "PIDPressure", "True KubeletHasInsufficientPID"],
  ])("%s", (_, change, type, wanted) => {
    expect(conditions(status({ measures: { ...measures, ...change } }))[type]).toBe(wanted);
  });

  it("[NS8] problems make it not ready, with kubelet's message", () => {
    const ready = (problems: string[]) => status({ problems }).conditions?.find(({ type }) => type === "Ready");
    expect(ready(["a"])).toMatchObject({ status: "False", reason: "KubeletNotReady", message: "a" });
    expect(ready(["a", "b"])?.message).toBe("[a, b]");
  });

  it("[NS9] the time of a transition stays while the status does; the heartbeat moves", () => {
    const before = status();
    const after = status({ nowMs: NOW + 60_000, problems: ["x"] }, before);
    const [memory, , , ready] = after.conditions ?? [];
    expect(memory).toMatchObject({
      lastTransitionTime: "2026-05-01T10:00:00Z",
      lastHeartbeatTime: "2026-05-01T10:01:00Z",
    });
    expect(ready?.lastTransitionTime).toBe("2026-05-01T10:01:00Z");
  });

  it("[NS10] images: the largest first, at most 50", () => {
    const images = Array.from({ length: 60 }, (_, i) => ({
      id: `sha256:${i}`,
      tags: i ? [`i:${i}`] : [],
      digests: [],
      sizeBytes: i,
      uid: undefined,
      username: "",
      pinned: false,
    }));
    const list = status({ images }).images;
    expect(list).toHaveLength(50);
    expect(list?.[0]).toEqual({ names: ["i:59"], sizeBytes: 59 });
  });

  it("[NS11] reads what the kernel and the distribution write", () => {
    expect(memoryField("MemTotal:       16 kB\nMemAvailable:    8 kB\n", "MemAvailable")).toBe(8192);
    expect(prettyName('NAME="x"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n')).toBe(
      "Debian GNU/Linux 12 (bookworm)",
    );
    expect(prettyName("")).toBe("Linux");
  });
});

describe("nodeStatusPatch", () => {
  it("[NS20] heartbeats alone are no change, unless asked for", () => {
    const next = status({ nowMs: NOW + 1000 }, status());
    expect(nodeStatusPatch(next, status(), { heartbeat: false })).toBeUndefined();
    expect(nodeStatusPatch(next, status(), { heartbeat: true })).toEqual({ conditions: next.conditions });
  });

  it("[NS21] only what differs", () => {
    const next = status({ problems: ["x"] });
    expect(Object.keys(nodeStatusPatch(next, status(), { heartbeat: false }) ?? {})).toEqual(["conditions"]);
  });
});

describe("nodeEvents", () => {
  it("[NS22] what has changed, a reboot too; nothing of what has not", () => {
    expect(nodeEvents("n1", status(), undefined).map(({ reason }) => reason)).toEqual([
      "NodeHasSufficientMemory",
      "NodeHasNoDiskPressure",
      "NodeHasSufficientPID",
      "NodeReady",
    ]);
    expect(nodeEvents("n1", status(), status())).toEqual([]);
    const rebooted = status({ machine: { ...machine, bootId: "b2" }, problems: ["x"] });
    expect(nodeEvents("n1", rebooted, status())).toEqual([
      { type: "Normal", reason: "NodeNotReady", message: "Node n1 status is now: NodeNotReady" },
      { type: "Warning", reason: "Rebooted", message: "Node n1 has been rebooted, boot id: b2" },
    ]);
  });
});

describe("runtime features", () => {
  it("[NS23] are told as the runtime has them and this daemon uses them", () => {
    const handlers = [{ name: "", features: { recursiveReadOnlyMounts: true, userNamespaces: true } }];
    const features = { supplementalGroupsPolicy: true, userNamespacesHostNetwork: false };
    expect(status({ runtime: { name: "containerd", version: "2.1", handlers, features } })).toMatchObject({
      features: { supplementalGroupsPolicy: true },
      runtimeHandlers: [{ name: "", features: { recursiveReadOnlyMounts: true, userNamespaces: false } }],
    });
    expect(Object.keys(status())).not.toContain("runtimeHandlers");
  });
});

describe("NodeManager", () => {
  function make() {
    const clock = new JumpClock();
    /** Until a look at the machine, which reads real files, is over: then there is a timer for the next one. */
    const settle = async (): Promise<void> => {
      do await new Promise((resolve) => setTimeout(resolve, 1));
      while (clock.nextMs() === Number.POSITIVE_INFINITY);
    };
    const api = new FakeApi();
    const runtime = new FakeRuntime(clock);
    const network = fakeNetwork();
    const events = fakeEvents();
    const nodes = api.informer<Node>({ path: "/api/v1/nodes" });
    const manager = createNodeManager({
      nodeName: "node-1",
      nodeIps: ["10.1.1.1"],
      stateDir: "/tmp",
      machine,
      api,
      runtime,
      network,
      nodes,
      events,
      clock,
      log: silentLog,
    });
    const pass = async (ms: number): Promise<void> => {
      for (const endMs = clock.now() + ms; clock.now() < endMs; ) {
        clock.goTo(Math.min(clock.nextMs(), endMs));
        await settle();
      }
    };
    const node = () => nodes.get("node-1");
    const writes = () => api.callsOf("patch", /nodes\/node-1\/status$/).length;
    const ready = () => node()?.status?.conditions?.find(({ type }) => type === "Ready")?.status;
    return { clock, api, runtime, network, events, manager, settle, pass, node, writes, ready };
  }

  it("[NS30] registers with a taint, renews the lease, and is silent while nothing changes", async () => {
    const { api, manager, pass, node, writes, settle } = make();
    await manager.start();
    await settle();
    expect(node()?.spec?.taints).toEqual([{ key: "node.kubernetes.io/not-ready", effect: "NoSchedule" }]);
    expect(api.objects.get("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/node-1")).toMatchObject({
      spec: { holderIdentity: "node-1" },
    });
    const [before, leases] = [writes(), api.callsOf("patch", /leases/).length];
    await pass(240_000);
    expect([writes(), api.callsOf("patch", /leases/).length]).toEqual([before, leases]);
    await pass(70_000);
    expect([writes(), api.callsOf("patch", /leases/).length]).toEqual([before + 1, leases + 1]);
    manager.stop();
  });

  it("[NS31] tells at once what has become of runtime and network", async () => {
    const { runtime, network, events, manager, pass, ready, settle } = make();
    network.ready = false;
    await manager.start();
    await settle();
    expect(ready()).toBe("False");
    network.ready = true;
    manager.look();
    await settle();
    expect(ready()).toBe("True");
    expect(events.told.map(({ reason }) => reason)).toEqual(["NodeReady"]);
    expect(events.told[0]?.message).toBe("Node node-1 status is now: NodeReady");
    runtime.failNext("status", new RuntimeError("Unavailable", "no socket"));
    await pass(10_000);
    expect(ready()).toBe("False");
    await pass(10_000);
    expect(ready()).toBe("True");
    manager.stop();
  });

  it("[NS32] taken for gone, it says that it is there", async () => {
    const { api, manager, node, ready, settle } = make();
    await manager.start();
    await settle();
    const current = node() as Node;
    const unknown = (current.status?.conditions ?? []).map((c) => ({
      ...c,
      status: "Unknown",
      reason: "NodeStatusUnknown",
    }));
    api.put("/api/v1/nodes/node-1", { ...current, status: { ...current.status, conditions: unknown } });
    await settle();
    expect(ready()).toBe("True");
    manager.stop();
  });

  it("[NS35] tells when it is closed to new pods, and when it is open again", async () => {
    const { api, events, manager, node, settle } = make();
    await manager.start();
    await settle();
    for (const unschedulable of [true, true, false]) {
      const current = node() as Node;
      api.put("/api/v1/nodes/node-1", { ...current, spec: { ...current.spec, unschedulable } });
      await settle();
    }
    expect(events.told.slice(-2)).toMatchObject([
      { type: "Normal", reason: "NodeNotSchedulable", message: "Node node-1 status is now: NodeNotSchedulable" },
      { type: "Normal", reason: "NodeSchedulable", message: "Node node-1 status is now: NodeSchedulable" },
    ]);
    expect(events.told.filter(({ reason }) => reason === "NodeNotSchedulable")).toHaveLength(1);
    manager.stop();
  });

  it("[NS33] an existing node keeps its own labels and taints, and gets ours", async () => {
    const { api, manager, node, settle } = make();
    api.put("/api/v1/nodes/node-1", {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "node-1", labels: { own: "1" } },
      spec: { unschedulable: true },
    });
    await manager.start();
    await settle();
    expect(node()).toMatchObject({
      metadata: { labels: { own: "1", "kubernetes.io/os": "linux" } },
      spec: { unschedulable: true },
    });
    manager.stop();
  });

  it("[NS34] registers when the API comes back", async () => {
    const { api, manager, pass, node, settle } = make();
    api.failure = new ApiCallError(0, "no connection");
    const started = manager.start();
    await settle();
    api.failure = undefined;
    await pass(2_000);
    await started;
    expect(node()).toBeDefined();
    manager.stop();
  });
});
