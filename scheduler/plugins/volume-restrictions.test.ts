import { describe, expect, it } from "vitest";
import type { Volume } from "../../kinds/core/v1-types.ts";
import { TestCluster } from "../testing/builders.ts";
import { putClaim, using } from "../testing/storage-builders.ts";
import { volumeRestrictions } from "./volume-restrictions.ts";

const NO_DISK = "node(s) had no available disk";
const IN_USE = "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode";

function verdict(cluster: TestCluster, spec: { volumes: Volume[] }): string | undefined {
  const prepared = volumeRestrictions.prepare(cluster.classOf({ spec }), cluster.view);
  return prepared?.refresh() === "active" ? prepared.filter(cluster.row("n"))?.reasons[0] : undefined;
}

describe("VolumeRestrictions", () => {
  const gce = (readOnly: boolean): Volume => ({ name: "v", gcePersistentDisk: { pdName: "disk", readOnly } });
  const iscsi = (readOnly: boolean): Volume => ({
    name: "v",
    iscsi: { targetPortal: "p", iqn: "q", lun: 0, readOnly },
  });
  const rbd = (monitor: string, readOnly: boolean): Volume => ({
    name: "v",
    rbd: { monitors: [monitor], image: "i", readOnly },
  });
  it.each<[string, Volume, Volume, string | undefined]>([
    ["[VR1] a GCE disk twice", gce(false), gce(true), NO_DISK],
    ["[VR2] read only it may be", gce(true), gce(true), undefined],
    [
      "[VR3] an AWS volume twice, even read only",
      { name: "v", awsElasticBlockStore: { volumeID: "x", readOnly: true } },
      { name: "w", awsElasticBlockStore: { volumeID: "x", readOnly: true } },
      NO_DISK,
    ],
    ["[VR4] iSCSI", iscsi(false), iscsi(false), NO_DISK],
    ["[VR5] iSCSI read only", iscsi(true), iscsi(true), undefined],
    ["[VR6] RBD on one monitor", rbd("a", false), rbd("a", true), NO_DISK],
    ["[VR7] RBD on others", rbd("a", false), rbd("b", false), undefined],
    ["[VR8] different kinds", gce(false), iscsi(false), undefined],
  ])("%s", (_name, there, wanted, expected) => {
    const cluster = new TestCluster().node({ name: "n" }).pod({ name: "p", node: "n", spec: { volumes: [there] } });
    expect(verdict(cluster, { volumes: [wanted] })).toBe(expected);
    cluster.remove("pods", "default", "p");
    expect(verdict(cluster, { volumes: [wanted] })).toBeUndefined();
  });

  it("[VR9] ReadWriteOncePod is for one pod in the cluster", () => {
    const cluster = new TestCluster().node({ name: "n" }).node({ name: "other" });
    putClaim(cluster, { name: "c", boundTo: "v", modes: ["ReadWriteOncePod"] });
    putClaim(cluster, { name: "shared", boundTo: "w" });
    expect(verdict(cluster, using("c"))).toBeUndefined();
    cluster.pod({ name: "p", node: "other", spec: using("c", "shared") });
    expect(verdict(cluster, using("c"))).toBe(IN_USE);
    expect(verdict(cluster, using("shared"))).toBeUndefined();
    cluster.remove("pods", "default", "p");
    expect(verdict(cluster, using("c"))).toBeUndefined();
  });
});
