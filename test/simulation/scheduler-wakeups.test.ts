/**
 * No pod waits that could go: whatever happens in a cluster, when the scheduler has come to rest, one that begins anew
 * with all that is there finds nothing more to do.
 */
import { describe, expect, it } from "vitest";
import type { Node, Pod, PodSpec } from "../../kinds/core/v1-types.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { seededRandom } from "../../machinery/meta/random.ts";
import { makeDevice, makeDeviceClass, makeResourceClaim, makeSlice } from "../../scheduler/testing/device-builders.ts";
import type { FakeCluster } from "../../scheduler/testing/fake-cluster.ts";
import { type Dice, diceOf, NAMESPACES, randomNode, randomPod } from "../../scheduler/testing/random-cluster.ts";
import { startScheduler } from "../../scheduler/testing/start-scheduler.ts";
import { makeClaim, makeClass, makeVolume } from "../../scheduler/testing/storage-builders.ts";

const SEEDS = Number(process.env.SEEDS ?? 12);
const FIRST = Number(process.env.FIRST ?? 1);
const STEPS = 40;
const GPU = "example.com/gpu";
const CLAIMS = ["c0", "c1", "c2"];

const claimsOf = (cluster: FakeCluster): KubeObject[] =>
  [...cluster.objects].flatMap(([key, object]) => (key.startsWith("resourceclaims.") ? [object] : []));
const podsOf = (cluster: FakeCluster): (Pod & KubeObject)[] =>
  [...cluster.objects].flatMap(([key, object]) => (key.startsWith("pods/") ? [object as Pod & KubeObject] : []));

/** A pod that asks for one or two things: those that ask for more rarely go anywhere. */
function somePod(name: string, dice: Dice, names: readonly string[]): Pod & KubeObject {
  const { pick, chance } = dice;
  const full = randomPod(name, dice, names);
  const { affinity, topologySpreadConstraints, nodeSelector, tolerations } = full.spec!;
  const { podAffinity, podAntiAffinity, nodeAffinity } = affinity ?? {};
  const { requests } = full.spec!.containers[0]!.resources ?? {};
  const wishes: Partial<PodSpec>[] = [
    ...(nodeAffinity ? [{ affinity: { nodeAffinity } }] : []),
    ...(podAffinity ? [{ affinity: { podAffinity } }] : []),
    ...(podAntiAffinity ? [{ affinity: { podAntiAffinity } }] : []),
    ...(topologySpreadConstraints ? [{ topologySpreadConstraints }] : []),
    ...(nodeSelector ? [{ nodeSelector }] : []),
    { containers: full.spec!.containers },
    { containers: [{ name: "c", image: "i", resources: { requests: { [GPU]: pick(["1", "2"]) } } }] },
    { containers: [{ name: "c", image: "i", ports: [{ containerPort: 1, hostPort: pick([80, 81]) }] }] },
    { resourceClaims: [{ name: "dev", resourceClaimName: pick(CLAIMS) }] },
    { volumes: [{ name: "v", persistentVolumeClaim: { claimName: pick(CLAIMS) } }] },
  ];
  const spec = {
    schedulerName: "default-scheduler",
    containers: [{ name: "c", image: "i", ...(requests && { resources: { requests } }) }],
    ...(chance(0.7) && { tolerations: [{ operator: "Exists" as const }] }),
    ...(chance(0.1) && tolerations && { tolerations }),
    ...pick(wishes),
    ...(chance(0.2) && pick(wishes)),
  };
  return { ...full, spec };
}

/** One thing that happens. */
function step(cluster: FakeCluster, dice: Dice, names: readonly string[], number: number): string {
  const { pick, chance, random } = dice;
  const put = (resource: string, object: object): void => cluster.put(resource, object as KubeObject);
  const placed = podsOf(cluster).filter(({ spec }) => spec?.nodeName);
  const namespace = pick(NAMESPACES);
  const name = pick(names);
  switch (Math.floor(random() * 15)) {
    case 0:
    case 1:
    case 2:
    case 3:
      put("pods", somePod(`p${number}`, dice, names));
      return `pod p${number}`;
    case 4:
    case 5: {
      if (placed.length === 0) return "nothing";
      const { metadata } = pick(placed);
      cluster.remove("pods", metadata.namespace ?? "", metadata.name ?? "");
      for (const claim of claimsOf(cluster)) {
        const owner = claim.metadata.ownerReferences?.[0]?.uid;
        const key = [claim.metadata.namespace ?? "", claim.metadata.name ?? ""] as const;
        if (owner !== undefined && owner === metadata.uid) cluster.remove("resourceclaims.resource.k8s.io", ...key);
      }
      return `pod ${metadata.name} gone`;
    }
    case 6: {
      const node = randomNode(name, dice) as Node & KubeObject;
      if (chance(0.7)) node.status!.allocatable = { cpu: "2", memory: "4Gi", pods: "9" };
      if (chance(0.3)) node.status!.allocatable![GPU] = "1";
      put("nodes", node);
      return `node ${name}`;
    }
    case 7: {
      if (!cluster.objects.has(`nodes//${name}`) || chance(0.5)) return "nothing";
      cluster.remove("nodes", "", name);
      return `node ${name} gone`;
    }
    case 8:
      put("namespaces", {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: namespace, labels: chance(0.5) ? { team: "x" } : {} },
      });
      return `namespace ${namespace}`;
    case 9: {
      if (placed.length === 0) return "nothing";
      const pod = structuredClone(pick(placed));
      pod.metadata.labels = { app: pick(["web", "db"]) };
      put("pods", pod);
      return `labels of ${pod.metadata.name}`;
    }
    case 10: {
      const devices = Array.from({ length: pick([0, 1, 2]) }, (_, i) => makeDevice(`d${i}`));
      put("resourceslices.resource.k8s.io", makeSlice({ name: `s-${name}`, nodeName: name, devices }));
      return `slice of ${name}`;
    }
    case 11: {
      const spec = chance(0.7) ? { extendedResourceName: GPU } : {};
      put("deviceclasses.resource.k8s.io", { ...makeDeviceClass("gpu"), spec });
      return "class";
    }
    case 12: {
      const claim = makeResourceClaim({ name: pick(CLAIMS) });
      claim.metadata.namespace = namespace;
      claim.metadata.uid = `uid-${namespace}-${claim.metadata.name}-${number}`;
      put("resourceclaims.resource.k8s.io", claim);
      return `claim ${claim.metadata.name}`;
    }
    case 13: {
      const claim = pick(CLAIMS);
      const volume = `v-${namespace}-${claim}`;
      const claimRef = { namespace, name: claim, uid: `uid-of-${claim}` };
      put(
        "persistentvolumes",
        makeVolume({ name: volume, claimRef, labels: chance(0.3) ? { "topology.kubernetes.io/zone": "z1" } : {} }),
      );
      put(
        "persistentvolumeclaims",
        makeClaim({
          name: claim,
          namespace,
          ...(chance(0.8) && { boundTo: volume }),
          ...(chance(0.2) && { modes: ["ReadWriteOncePod"] }),
        }),
      );
      return `volume ${volume}`;
    }
    default: {
      if (placed.length === 0) return "nothing";
      const pod = structuredClone(pick(placed));
      pod.spec!.containers[0]!.resources = { requests: { cpu: pick(["0", "100m", "1"]) } };
      put("pods", pod);
      return `resized ${pod.metadata.name}`;
    }
  }
}

/** Pods that a scheduler which begins anew would give a node. */
async function missed(cluster: FakeCluster): Promise<string[]> {
  const fresh = startScheduler();
  for (const [key, object] of cluster.objects) {
    const resource = key.slice(0, key.indexOf("/"));
    if (resource !== "events") fresh.cluster.put(resource, structuredClone(object));
  }
  await fresh.settle();
  return fresh.cluster.bindings;
}

describe("Wakeups", () => {
  it.each(Array.from({ length: SEEDS }, (_, i) => FIRST + i))(
    "[WU1] no pod waits that could go (seed %d)",
    async (seed) => {
      const dice = diceOf(seededRandom(seed));
      const { cluster, settle, clock } = startScheduler({ seed });
      const names = Array.from({ length: 1 + Math.floor(dice.random() * 5) }, (_, i) => `n${i}`);
      for (const name of names) cluster.put("nodes", randomNode(name, dice));
      for (const name of NAMESPACES)
        cluster.put("namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name } } as KubeObject);
      cluster.put("storageclasses.storage.k8s.io", makeClass("slow", { volumeBindingMode: "Immediate" }) as KubeObject);
      cluster.put("deviceclasses.resource.k8s.io", makeDeviceClass("gpu") as unknown as KubeObject);
      const said: string[] = [];
      for (let number = 0; number < STEPS; number++) {
        said.push(step(cluster, dice, names, number));
        if (dice.chance(0.4)) continue;
        await settle();
        // Failures of a moment are over.
        clock.nowMs += 20_000;
        await settle();
        expect(await missed(cluster), `after ${said.join(", ")}`).toEqual([]);
      }
      expect(cluster.bindings.length + podsOf(cluster).length).toBeGreaterThan(0);
    },
  );
});
