/** What conformance asks of running pods, on two nodes of this machine. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, skipNodes, type TestCluster, testCluster } from "../e2e/harness.ts";
import { WEB_IMAGE, webImageArchive } from "../images/busybox.ts";

const PORT = 16_749;

describe.skipIf(skipNodes)(`conformance on nodes${skipNodes ? ` (skipped: ${skipNodes})` : ""}`, () => {
  let cluster: TestCluster;
  const kubectl = (...args: string[]) => cluster.kubectl(...args);
  const apply = async (object: object) => {
    const ran = await cluster.kubectlRan(["create", "-f", "-"], JSON.stringify(object));
    expect([ran.exitCode, ran.stderr]).toEqual([0, ""]);
  };
  const running = (selector: string, count: number) =>
    eventually(`${count} pods of ${selector}`, 60_000, async () => {
      const said = await kubectl("get", "pods", "-l", selector, "-o", "jsonpath={.items[*].status.phase}");
      return said === Array(count).fill("Running").join(" ");
    });

  beforeAll(async () => {
    cluster = testCluster("conformance-nodes", PORT);
    const up = await cluster.kedge("up", "--nodes", "2", "--port", String(PORT));
    expect(up.stderr + up.stdout).toContain("kedge is up");
    const archive = path.join(os.tmpdir(), `kedge-conformance-${process.pid}.tar`);
    fs.writeFileSync(archive, webImageArchive());
    const loaded = await cluster.kedge("image", "load", archive);
    expect(loaded.exitCode, loaded.stderr).toBe(0);
    fs.rmSync(archive);
  });
  afterAll(() => cluster.remove());

  it("[sig-architecture] Conformance Tests should have at least two untainted nodes [Conformance]", async () => {
    const { items } = JSON.parse(await kubectl("get", "nodes", "-o", "json"));
    const free = items.filter(({ spec }: { spec: { taints?: []; unschedulable?: boolean } }) => {
      return !spec.unschedulable && (spec.taints ?? []).length === 0;
    });
    expect(free.length).toBeGreaterThanOrEqual(2);
  });

  const controller = (name: string) => ({
    apiVersion: "v1",
    kind: "ReplicationController",
    metadata: { name },
    spec: {
      replicas: 2,
      selector: { name },
      template: { metadata: { labels: { name } }, spec: { containers: [{ name: "web", image: WEB_IMAGE }] } },
    },
  });

  it("[sig-cli] Kubectl client Update Demo should create and stop a replication controller [Conformance]", async () => {
    await apply(controller("stopped"));
    await running("name=stopped", 2);
    await kubectl("delete", "rc", "stopped", "--grace-period=0", "--force");
    await eventually(
      "no pods",
      60_000,
      async () => (await kubectl("get", "pods", "-l", "name=stopped", "-o", "name")) === "",
    );
  });

  it("[sig-cli] Kubectl client Update Demo should scale a replication controller [Conformance]", async () => {
    await apply(controller("scaled"));
    await running("name=scaled", 2);
    for (const replicas of [1, 2]) {
      await kubectl("scale", "rc", "scaled", `--replicas=${replicas}`, "--timeout=1m");
      await running("name=scaled", replicas);
    }
    await kubectl("delete", "rc", "scaled", "--grace-period=0", "--force");
  });

  it("[sig-auth] ServiceAccounts should mount an API token into pods [Conformance]", async () => {
    await kubectl("run", "mounts", `--image=${WEB_IMAGE}`, "--labels=name=mounts");
    await running("name=mounts", 1);
    const read = (file: string) =>
      kubectl("exec", "mounts", "--", "cat", `/var/run/secrets/kubernetes.io/serviceaccount/${file}`);
    const claims = JSON.parse(Buffer.from((await read("token")).split(".")[1] ?? "", "base64url").toString());
    expect(claims.sub).toBe("system:serviceaccount:default:default");
    const root = await kubectl("get", "configmap", "kube-root-ca.crt", "-o", "jsonpath={.data.ca\\.crt}");
    expect((await read("ca.crt")).trim()).toBe(root.trim());
    expect(await read("namespace")).toBe("default");
  });
});
