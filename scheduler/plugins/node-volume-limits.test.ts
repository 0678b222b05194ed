import { describe, expect, it } from "vitest";
import { TestCluster } from "../testing/builders.ts";
import { putClaim, putClass, putVolume, using } from "../testing/storage-builders.ts";
import { nodeVolumeLimits } from "./node-volume-limits.ts";

const driver = "csi.example.com";

function setUp(limit: number): TestCluster {
  const cluster = new TestCluster().node({ name: "n" }).node({ name: "free" });
  cluster.put("csinodes.storage.k8s.io", {
    metadata: { name: "n" },
    spec: { drivers: [{ name: driver, nodeID: "n", allocatable: { count: limit } }] },
  });
  putClass(cluster, "fast", { provisioner: driver });
  for (const name of ["a", "b", "c"]) {
    putVolume(cluster, { name: `v-${name}`, csi: { driver, volumeHandle: `h-${name}` } });
    putClaim(cluster, { name, boundTo: `v-${name}` });
  }
  putVolume(cluster, { name: "v-other", csi: { driver: "other", volumeHandle: "x" } });
  putClaim(cluster, { name: "other", boundTo: "v-other" });
  putClaim(cluster, { name: "unmade", className: "fast" });
  return cluster;
}

function fits(cluster: TestCluster, ...claims: string[]): boolean {
  const prepared = nodeVolumeLimits.prepare(cluster.classOf({ spec: using(...claims) }), cluster.view)!;
  const rejection = prepared.refresh() === "active" ? prepared.filter(cluster.row("n")) : undefined;
  if (rejection) expect(rejection.reasons).toEqual(["node(s) exceed max volume count"]);
  return rejection === undefined;
}

describe("NodeVolumeLimits", () => {
  it.each<[string, number, string[], string[], boolean]>([
    ["[VL1] room for one more", 2, ["a"], ["b"], true],
    ["[VL2] no room", 1, ["a"], ["b"], false],
    ["[VL3] the same volume counts once", 1, ["a"], ["a"], true],
    ["[VL4] two at once", 2, ["a"], ["b", "c"], false],
    ["[VL5] another driver has no limit", 1, ["a"], ["other"], true],
    ["[VL6] volumes of another driver do not count", 1, ["other"], ["a"], true],
    ["[VL7] what is yet to be made counts", 1, ["a"], ["unmade"], false],
  ])("%s", (_name, limit, there, wanted, expected) => {
    const cluster = setUp(limit).pod({ name: "p", node: "n", spec: using(...there) });
    expect(fits(cluster, ...wanted)).toBe(expected);
  });

  it("[VL8] volumes in line are not attached", () => {
    const cluster = setUp(1);
    const inline = { volumes: [{ name: "v", csi: { driver } }] };
    cluster.pod({ name: "p", node: "n", spec: inline });
    expect(fits(cluster, "a")).toBe(true);
    expect(nodeVolumeLimits.prepare(cluster.classOf({ spec: inline }), cluster.view)).toBeUndefined();
  });

  it("[VL10] what is attached counts, whether or not a pod uses it, and once", () => {
    const cluster = setUp(1);
    const attach = (volume: string, nodeName = "n") => {
      const spec = { attacher: driver, nodeName, source: { persistentVolumeName: volume } };
      cluster.put("volumeattachments.storage.k8s.io", { metadata: { name: "va" }, spec });
    };
    attach("v-a");
    expect([fits(cluster, "a"), fits(cluster, "b")]).toEqual([true, false]);
    cluster.pod({ name: "p", node: "n", spec: using("a") });
    expect(fits(cluster, "b")).toBe(false);
    cluster.remove("pods", "default", "p");
    attach("v-a", "free");
    expect(fits(cluster, "b")).toBe(true);
    attach("v-a");
    cluster.remove("volumeattachments.storage.k8s.io", "", "va");
    expect(fits(cluster, "b")).toBe(true);
  });

  it("[VL11] a node over its limit takes pods that attach nothing more", () => {
    const cluster = setUp(1);
    for (const name of ["a", "b"]) cluster.pod({ name, node: "n", spec: using(name) });
    expect([fits(cluster, "a", "b"), fits(cluster, "other"), fits(cluster, "c")]).toEqual([true, true, false]);
  });

  it("[VL9] a node that says nothing has no limit", () => {
    const cluster = setUp(0);
    const prepared = nodeVolumeLimits.prepare(cluster.classOf({ spec: using("a") }), cluster.view)!;
    prepared.refresh();
    expect([cluster.row("n"), cluster.row("free")].map((row) => prepared.filter(row) === undefined)).toEqual([
      false,
      true,
    ]);
  });
});
