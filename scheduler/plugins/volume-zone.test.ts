import { describe, expect, it } from "vitest";
import { TestCluster } from "../testing/builders.ts";
import { putClaim, putVolume, using } from "../testing/storage-builders.ts";
import { volumeZone } from "./volume-zone.ts";

const ZONE = "topology.kubernetes.io/zone";
const OLD_ZONE = "failure-domain.beta.kubernetes.io/zone";

describe("VolumeZone", () => {
  it.each<[string, { [key: string]: string }, { [key: string]: string }, boolean]>([
    ["[VZ1] the same zone", { [ZONE]: "1" }, { [ZONE]: "1" }, true],
    ["[VZ2] another zone", { [ZONE]: "1" }, { [ZONE]: "2" }, false],
    ["[VZ3] a volume in several zones", { [ZONE]: "1__2" }, { [ZONE]: "2" }, true],
    ["[VZ4] a volume without a zone", {}, { [ZONE]: "2" }, true],
    ["[VZ5] nodes without zones", { [ZONE]: "1" }, {}, true],
    ["[VZ6] a node with a region only", { [ZONE]: "1" }, { "topology.kubernetes.io/region": "r" }, false],
    ["[VZ7] the volume's old label", { [OLD_ZONE]: "1" }, { [ZONE]: "1" }, true],
    ["[VZ8] the old label of another zone", { [OLD_ZONE]: "1" }, { [ZONE]: "2" }, false],
  ])("%s", (_name, volume, node, fits) => {
    const cluster = new TestCluster().node({ name: "n", labels: node });
    putVolume(cluster, { name: "v", labels: volume });
    putClaim(cluster, { name: "c", boundTo: "v" });
    const prepared = volumeZone.prepare(cluster.classOf({ spec: using("c") }), cluster.view)!;
    const rejection = prepared.refresh() === "active" ? prepared.filter(0) : undefined;
    expect(rejection?.reasons).toEqual(fits ? undefined : ["node(s) had no available volume zone"]);
  });
});
