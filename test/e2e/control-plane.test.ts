import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEdgeClient, type EdgeClient } from "../../cli/edge-client.ts";
import { eventually, pidOf, type TestCluster, testCluster } from "./harness.ts";

let cluster: TestCluster;

const edge = (): EdgeClient =>
  createEdgeClient({
    serverUrl: `https://127.0.0.1:${cluster.port}`,
    caPem: fs.readFileSync(path.join(cluster.dataDir, "pki/ca.crt"), "utf8"),
    token: fs.readFileSync(path.join(cluster.dataDir, "pki/admin.token"), "utf8").trim(),
  });

const workerdPid = () => pidOf(path.join(cluster.dataDir, "control-plane/workerd.pid"));

beforeAll(async () => {
  cluster = testCluster("cp", 16_443);
  const up = await cluster.kedge("up", "--no-node", "--port", "16443");
  expect(up.stderr + up.stdout).toContain("kedge is up");
});

afterAll(() => cluster.remove());

describe("up --no-node", () => {
  it("writes a kubeconfig that kubectl takes, readable by its owner alone", async () => {
    expect(fs.statSync(path.join(cluster.dataDir, "kubeconfig")).mode & 0o777).toBe(0o600);
    expect(fs.statSync(path.join(cluster.dataDir, "pki/admin.token")).mode & 0o777).toBe(0o600);
    expect(await cluster.kubectl("config", "current-context")).toBe("kedge\n");
    const names = (await cluster.kubectl("get", "namespaces", "-o", "name")).trim().split("\n");
    expect(names.sort()).toEqual(
      ["default", "kube-node-lease", "kube-public", "kube-system"].map((n) => `namespace/${n}`),
    );
  });

  it("keeps no secret on a command line", () => {
    const token = fs.readFileSync(path.join(cluster.dataDir, "pki/admin.token"), "utf8").trim();
    const commandLine = fs.readFileSync(`/proc/${workerdPid()}/cmdline`, "utf8");
    expect(commandLine).toContain("workerd");
    expect(commandLine).not.toContain(token);
  });

  it("may be run again, and refuses other flags", async () => {
    const pid = workerdPid();
    const again = await cluster.kedge("up", "--no-node", "--port", "16443");
    expect(again.exitCode).toBe(0);
    expect(workerdPid()).toBe(pid);
    const other = await cluster.kedge("up", "--no-node", "--port", "16444");
    expect(other.exitCode).toBe(1);
    expect(other.stderr).toContain("already running with --port 16443");
  });

  it("says who may not come in", async () => {
    const ran = await cluster.kubectlRan(["get", "pods", "--token=wrong"]);
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toContain("You must be logged in to the server (Unauthorized)");
  });

  it("fails in an unknown namespace as Kubernetes does", async () => {
    const ran = await cluster.kubectlRan(["create", "configmap", "a", "-n", "nowhere"]);
    expect(ran.stderr.trim()).toBe('error: failed to create configmap: namespaces "nowhere" not found');
  });
});

describe("kill -9 of the control plane during 200 concurrent creates", () => {
  it("keeps every acknowledged object with its resourceVersion, and goes on above", async () => {
    const client = edge();
    const acknowledged = new Map<string, string>();
    let killed = false;
    let cutOff = 0;
    // 200 at any time, until the kill finds them under way.
    const writers = Array.from({ length: 200 }, async (_, writer) => {
      for (let i = 0; !killed; i++) {
        const name = `crash-${writer}-${i}`;
        const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { key: "x".repeat(500) } };
        try {
          const created = (await client.call("POST", "/api/v1/namespaces/default/configmaps", object)) as Made;
          acknowledged.set(name, created.metadata.resourceVersion);
        } catch (error) {
          if (!killed) throw error;
          cutOff++;
        }
        if (acknowledged.size >= 300 && !killed) {
          killed = true;
          process.kill(workerdPid(), "SIGKILL");
        }
      }
    });
    await Promise.all(writers);
    await client.close();
    expect(cutOff).toBeGreaterThan(0);

    expect((await cluster.kedge("up", "--no-node", "--port", "16443")).exitCode).toBe(0);
    const after = edge();
    const list = (await after.call("GET", "/api/v1/namespaces/default/configmaps")) as { items: Made[] };
    const found = new Map(list.items.map((item) => [item.metadata.name, item.metadata.resourceVersion]));
    for (const [name, version] of acknowledged) expect([name, found.get(name)]).toEqual([name, version]);
    const highest = Math.max(...[...found.values()].map(Number));
    const next = (await after.call("POST", "/api/v1/namespaces/default/configmaps", {
      metadata: { name: "after-the-crash" },
    })) as Made;
    expect(Number(next.metadata.resourceVersion)).toBeGreaterThan(highest);
    await after.close();
  });
});

describe("down and up", () => {
  it("keeps the state", async () => {
    await cluster.kubectl("create", "configmap", "kept", "--from-literal=a=b");
    expect((await cluster.kedge("down")).exitCode).toBe(0);
    expect((await cluster.kubectlRan(["get", "ns"])).exitCode).toBe(1);
    expect((await cluster.kedge("up", "--no-node", "--port", "16443")).exitCode).toBe(0);
    expect(await cluster.kubectl("get", "configmap", "kept", "-o", "jsonpath={.data.a}")).toBe("b");
  });

  it("watches: kubectl get -w sees what happens", async () => {
    const watch = cluster.kubectlStart(["get", "configmaps", "-w", "-o", "name"]);
    await eventually("first list", 10_000, async () => watch.stdout().includes("configmap/kept"));
    await cluster.kubectl("create", "configmap", "seen");
    await eventually("watch event", 5_000, async () => watch.stdout().includes("configmap/seen"));
    watch.child.kill();
  });
});

interface Made {
  metadata: { name: string; resourceVersion: string };
}
