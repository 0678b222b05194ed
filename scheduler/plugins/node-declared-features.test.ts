import { describe, expect, it } from "vitest";
import type { PodSpec } from "../../kinds/core/v1-types.ts";
import { nodeChanged, TestCluster } from "../testing/builders.ts";
import { nodeDeclaredFeatures as plugin } from "./node-declared-features.ts";

const RESTART_ALL = "RestartAllContainersOnContainerExits";
const rules = (action: string) =>
  ({ name: "main", image: "i", restartPolicy: "Never", restartPolicyRules: [{ action }] }) as never;

describe("NodeDeclaredFeatures", () => {
  const inUserNamespace = { hostNetwork: true, hostUsers: false };
  it.each([
    ["[ND1] a pod that restarts all its containers", { containers: [rules("RestartAllContainers")] }, RESTART_ALL],
    ["[ND2] in an init container", { initContainers: [rules("RestartAllContainers")] }, RESTART_ALL],
    ["[ND3] host network in a user namespace", inUserNamespace, "UserNamespacesHostNetworkSupport"],
  ] as [string, Partial<PodSpec>, string][])("%s needs a node that declares it", (_name, spec, feature) => {
    const cluster = new TestCluster().node({ name: "old" }).node({ name: "new", declaredFeatures: ["A", feature] });
    const podClass = cluster.classOf({ spec });
    const filter = plugin.prepare(podClass, cluster.view)!;
    expect(filter.refresh()).toBe("active");
    const verdict = { reasons: ["node(s) didn't match Pod's required features"], podsInTheWay: false };
    expect(filter.filter(cluster.row("old"))).toMatchObject(verdict);
    expect(filter.filter(cluster.row("new"))).toBeUndefined();
  });

  it.each([
    ["[ND4] rules that restart the container itself", { containers: [rules("Restart")] }],
    ["[ND5] host network alone", { hostNetwork: true }],
    ["[ND6] a user namespace alone", { hostUsers: false }],
  ] as [string, Partial<PodSpec>][])("%s need nothing", (_name, spec) => {
    const cluster = new TestCluster();
    expect(plugin.prepare(cluster.classOf({ spec }), cluster.view)).toBeUndefined();
  });

  it("[ND7] tried again when a node declares something else", () => {
    const cluster = new TestCluster().node({ name: "n" });
    cluster.node({ name: "n", declaredFeatures: [RESTART_ALL] });
    const changed = cluster.changes.at(-1)!;
    expect(changed).toEqual(nodeChanged({ features: true }));
    const podClass = cluster.classOf({});
    expect(plugin.retryAfter(changed, podClass, cluster.view)).toBe(true);
    expect(plugin.retryAfter(nodeChanged({ labels: true }), podClass, cluster.view)).toBe(false);
  });
});
