import { describe, expect, it } from "vitest";
import { makePod, TestCluster } from "../testing/builders.ts";
import { putClaim, putClass, putVolume, using } from "../testing/storage-builders.ts";
import { volumeBinding } from "./volume-binding.ts";

const plugin = volumeBinding({ bindTimeoutSeconds: 600 });
const OUT_OF_REACH = "node(s) didn't match PersistentVolume's node affinity";
const NO_VOLUME = "node(s) didn't find available persistent volumes to bind";
const NO_SPACE = "node(s) did not have enough free storage";

/** Nodes a and b in zones 1 and 2; class "slow" has volumes made by hand, class "fast" makes them. */
function setUp(...puts: ((cluster: TestCluster) => void)[]): TestCluster {
  const cluster = new TestCluster()
    .node({ name: "a", labels: { zone: "1" } })
    .node({ name: "b", labels: { zone: "2" } });
  putClass(cluster, "slow");
  putClass(cluster, "fast", { provisioner: "csi.example.com" });
  putClass(cluster, "now", { volumeBindingMode: "Immediate" });
  for (const put of puts) put(cluster);
  return cluster;
}

const volume =
  (...args: [Parameters<typeof putVolume>[1]]) =>
  (cluster: TestCluster) =>
    putVolume(cluster, ...args);
const claim =
  (...args: [Parameters<typeof putClaim>[1]]) =>
  (cluster: TestCluster) =>
    putClaim(cluster, ...args);

function verdict(cluster: TestCluster, ...claims: string[]): string | { [node: string]: string } {
  const prepared = plugin.prepare(cluster.classOf({ spec: using(...claims) }), cluster.view)!;
  const state = prepared.refresh();
  if (typeof state === "object") return state.message;
  const found: { [node: string]: string } = {};
  for (const name of ["a", "b"]) {
    const rejection = prepared.filter(cluster.row(name));
    if (rejection) found[name] = rejection.reasons.join();
  }
  return found;
}

describe("VolumeBinding", () => {
  it.each<[string, ((cluster: TestCluster) => void)[], string[], string | { [node: string]: string }]>([
    ["[VB1] no such claim", [], ["c"], 'persistentvolumeclaim "c" not found'],
    [
      "[VB2] a claim that goes",
      [claim({ name: "c", deleting: true })],
      ["c"],
      'persistentvolumeclaim "c" is being deleted',
    ],
    [
      "[VB3] a claim whose volume is lost",
      [claim({ name: "c", boundTo: "v", phase: "Lost" })],
      ["c"],
      'persistentvolumeclaim "c" bound to non-existent persistentvolume "v"',
    ],
    [
      "[VB4] a claim that should have been bound at once",
      [claim({ name: "c", className: "now" })],
      ["c"],
      "pod has unbound immediate PersistentVolumeClaims",
    ],
    ["[VB5] no such class", [claim({ name: "c", className: "x" })], ["c"], 'storageclass.storage.k8s.io "x" not found'],
    ["[VB6] bound, in reach of all", [volume({ name: "v" }), claim({ name: "c", boundTo: "v" })], ["c"], {}],
    [
      "[VB7] bound, in reach of some",
      [volume({ name: "v", zones: ["1"] }), claim({ name: "c", boundTo: "v" })],
      ["c"],
      { b: OUT_OF_REACH },
    ],
    [
      "[VB8] bound to a volume that is not there",
      [claim({ name: "c", boundTo: "v" })],
      ["c"],
      {
        a: "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)",
        b: "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)",
      },
    ],
    [
      "[VB9] waits; a volume in one zone",
      [volume({ name: "v", zones: ["1"] }), claim({ name: "c" })],
      ["c"],
      { b: NO_VOLUME },
    ],
    [
      "[VB10] too small",
      [volume({ name: "v", size: "500Mi" }), claim({ name: "c" })],
      ["c"],
      { a: NO_VOLUME, b: NO_VOLUME },
    ],
    [
      "[VB11] another access mode",
      [volume({ name: "v" }), claim({ name: "c", modes: ["ReadWriteMany"] })],
      ["c"],
      { a: NO_VOLUME, b: NO_VOLUME },
    ],
    [
      "[VB12] a selector",
      [
        volume({ name: "v", labels: { tier: "x" } }),
        claim({ name: "c", more: { selector: { matchLabels: { tier: "y" } } } }),
      ],
      ["c"],
      { a: NO_VOLUME, b: NO_VOLUME },
    ],
    [
      "[VB13] taken by another",
      [volume({ name: "v", claimRef: { namespace: "default", name: "other" } }), claim({ name: "c" })],
      ["c"],
      { a: NO_VOLUME, b: NO_VOLUME },
    ],
    [
      "[VB14] promised to it",
      [volume({ name: "v", zones: ["2"], claimRef: { namespace: "default", name: "c" } }), claim({ name: "c" })],
      ["c"],
      { a: NO_VOLUME },
    ],
    [
      "[VB15] one volume is not enough for two claims",
      [volume({ name: "v" }), claim({ name: "c" }), claim({ name: "d" })],
      ["c", "d"],
      { a: NO_VOLUME, b: NO_VOLUME },
    ],
    ["[VB16] volumes are made", [claim({ name: "c", className: "fast" })], ["c"], {}],
    [
      "[VB17] for the node selected before",
      [claim({ name: "c", className: "fast", selectedNode: "b" })],
      ["c"],
      { a: NO_VOLUME },
    ],
    [
      "[VB18] only where they can be made",
      [
        (cluster) =>
          putClass(cluster, "fast", {
            provisioner: "csi.example.com",
            allowedTopologies: [{ matchLabelExpressions: [{ key: "zone", values: ["2"] }] }],
          }),
        claim({ name: "c", className: "fast" }),
      ],
      ["c"],
      { a: NO_VOLUME },
    ],
    [
      "[VB19] and only where there is room",
      [
        (cluster) => {
          const metadata = { name: "csi.example.com" };
          cluster.put("csidrivers.storage.k8s.io", { metadata, spec: { storageCapacity: true } });
          cluster.put("csistoragecapacities.storage.k8s.io", {
            metadata: { name: "cap", namespace: "kube-system" },
            storageClassName: "fast",
            nodeTopology: { matchLabels: { zone: "1" } },
            capacity: "5Gi",
          });
        },
        claim({ name: "c", className: "fast", size: "2Gi" }),
      ],
      ["c"],
      { b: NO_SPACE },
    ],
  ])("%s", (_name, puts, claims, expected) => {
    expect(verdict(setUp(...puts), ...claims)).toEqual(expected);
  });

  it("[VB20] ephemeral volumes wait for a claim of their own", () => {
    const cluster = setUp();
    const spec = { volumes: [{ name: "scratch", ephemeral: {} }] };
    const look = () => {
      const state = plugin.prepare(cluster.view.classes.of(makePod({ name: "p", spec })), cluster.view)!.refresh();
      return typeof state === "object" ? state.message : state;
    };
    expect(look()).toBe('waiting for ephemeral volume controller to create the persistentvolumeclaim "p-scratch"');
    putClaim(cluster, { name: "p-scratch", className: "fast" });
    expect(look()).toContain("was not created for pod");
    putClaim(cluster, { name: "p-scratch", className: "fast", ownerPod: "p" });
    expect(look()).toBe("active");
  });

  it("[VB21] what one pod has been promised is not promised to another, until it is given back", () => {
    const cluster = setUp(volume({ name: "v" }), claim({ name: "c" }), claim({ name: "d" }));
    const reserve = (name: string) =>
      plugin.reserve(cluster.pending({ name: `pod-of-${name}`, spec: using(name) }), cluster.row("a"), cluster.view);
    const reservation = reserve("c");
    if (!reservation || "message" in reservation) throw new Error("not reserved");
    expect(verdict(cluster, "d")).toEqual({ a: NO_VOLUME, b: NO_VOLUME });
    expect(reserve("d")).toEqual({ plugin: "VolumeBinding", message: NO_VOLUME });
    reservation.undo();
    expect(verdict(cluster, "d")).toEqual({});
  });

  it("[VB22] takes the smallest volume that is large enough", () => {
    const cluster = setUp(
      volume({ name: "large", size: "9Gi" }),
      volume({ name: "right", size: "2Gi" }),
      volume({ name: "small", size: "1Gi" }),
      claim({ name: "c", size: "2Gi" }),
    );
    const reservation = plugin.reserve(cluster.pending({ spec: using("c") }), cluster.row("a"), cluster.view);
    expect(reservation).toMatchObject({
      ops: [
        { resource: "persistentvolumes", name: "right", patch: { spec: { claimRef: { name: "c", uid: "uid-of-c" } } } },
      ],
    });
  });

  it("[VB23] waits until its claims are bound, and says when that fails", () => {
    const cluster = setUp(claim({ name: "c", className: "fast" }));
    const reservation = plugin.reserve(cluster.pending({ spec: using("c") }), cluster.row("a"), cluster.view);
    if (!reservation || "message" in reservation) throw new Error("not reserved");
    expect(reservation.ops).toMatchObject([
      {
        resource: "persistentvolumeclaims",
        patch: { metadata: { annotations: { "volume.kubernetes.io/selected-node": "a" } } },
      },
    ]);
    expect(reservation.progress!()).toBe("waiting");
    putClaim(cluster, { name: "c", className: "fast", selectedNode: "a" });
    expect(reservation.progress!()).toBe("waiting");
    putClaim(cluster, { name: "c", className: "fast" });
    expect(reservation.progress!()).toEqual({ failed: 'binding volumes: provisioning failed for PVC "c"' });
    putVolume(cluster, { name: "v", zones: ["2"] });
    putClaim(cluster, { name: "c", className: "fast", selectedNode: "a", boundTo: "v" });
    expect(reservation.progress!()).toEqual({ failed: `binding volumes: pv "v" node affinity doesn't match node "a"` });
    putVolume(cluster, { name: "v", zones: ["1"] });
    expect(reservation.progress!()).toBe("done");
  });

  it("[VB24] pods without claims are not looked at", () => {
    const cluster = setUp();
    expect(plugin.prepare(cluster.classOf({}), cluster.view)).toBeUndefined();
    expect(plugin.reserve(cluster.pending({}), cluster.row("a"), cluster.view)).toBeUndefined();
  });
});
