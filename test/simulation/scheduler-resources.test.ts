/**
 * Volumes, devices and gangs on random small clusters that change: nothing is ever given twice or put where it cannot
 * be reached, and nothing waits that a look at every node would find a place for.
 */
import { describe, expect, it } from "vitest";
import type { Pod } from "../../kinds/core/v1-types.ts";
import type { ResourceClaim } from "../../kinds/generated/api/resource-v1.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { milliValue } from "../../machinery/meta/quantity.ts";
import { seededRandom } from "../../machinery/meta/random.ts";
import { makeNode, makePod } from "../../scheduler/testing/builders.ts";
import {
  exactly,
  makeDevice,
  makeDeviceClass,
  makeResourceClaim,
  makeSlice,
} from "../../scheduler/testing/device-builders.ts";
import { type Dice, diceOf } from "../../scheduler/testing/random-cluster.ts";
import { startScheduler } from "../../scheduler/testing/start-scheduler.ts";
import { makeClaim, makeVolume, using } from "../../scheduler/testing/storage-builders.ts";

const CLAIMS = "resourceclaims.resource.k8s.io";
const ZONES = ["a", "b"];

interface World {
  dice: Dice;
  names: string[];
  started: ReturnType<typeof startScheduler>;
  /** Zone of each node. */
  zones: Map<string, string>;
  /** Devices of each node. */
  devices: Map<string, string[]>;
  count: number;
}

function makeWorld(random: () => number): World {
  const dice = diceOf(random);
  const world: World = {
    dice,
    names: Array.from({ length: 1 + Math.floor(random() * 4) }, (_, i) => `n${i}`),
    started: startScheduler({ seed: Math.floor(random() * 1_000) }),
    zones: new Map(),
    devices: new Map(),
    count: 0,
  };
  const { cluster } = world.started;
  put(world, "deviceclasses.resource.k8s.io", makeDeviceClass("gpu"));
  for (const name of world.names) {
    const zone = dice.pick(ZONES);
    world.zones.set(name, zone);
    cluster.put("nodes", makeNode({ name, cpu: dice.pick(["1", "2", "4"]), labels: { zone } }));
    setDevices(world, name);
  }
  return world;
}

const put = ({ started: { cluster } }: World, resource: string, object: object): void =>
  void cluster.put(resource, object as KubeObject);

/** A node has at least the devices it had: a driver that takes one away while it is used is not what this is about. */
function setDevices(world: World, name: string): void {
  const had = world.devices.get(name)?.length ?? 0;
  const devices = Array.from({ length: had + world.dice.pick([0, 0, 1, 2]) }, (_, i) => `d${i}`);
  world.devices.set(name, devices);
  const slice = makeSlice({ name: `of-${name}`, nodeName: name, devices: devices.map((each) => makeDevice(each)) });
  put(world, "resourceslices.resource.k8s.io", slice);
}

function addPod(world: World): void {
  const { dice } = world;
  const name = `p${world.count++}`;
  const requests = { cpu: dice.pick(["500m", "1"]) };
  if (dice.chance(0.4)) {
    const volume = `v-${name}`;
    put(world, "persistentvolumes", makeVolume({ name: volume, zones: [dice.pick(ZONES)] }));
    put(world, "persistentvolumeclaims", makeClaim({ name: `c-${name}`, boundTo: volume }));
    put(world, "pods", makePod({ name, requests, spec: using(`c-${name}`) }));
  } else if (dice.chance(0.6)) {
    const claim = `r-${name}`;
    const count = dice.pick([1, 1, 2]);
    put(world, CLAIMS, makeResourceClaim({ name: claim, requests: [exactly("r", { count })] }));
    const spec = { resourceClaims: [{ name: "dev", resourceClaimName: claim }] };
    put(world, "pods", makePod({ name, requests, spec: spec as never }));
  } else if (dice.chance(0.5)) addGang(world, name);
  else put(world, "pods", makePod({ name, requests }));
}

function addGang(world: World, group: string): void {
  const { dice } = world;
  const members = dice.pick([2, 3, 4]);
  const minCount = dice.pick([2, members]);
  put(world, "podgroups.scheduling.k8s.io", {
    apiVersion: "scheduling.k8s.io/v1alpha2",
    kind: "PodGroup",
    metadata: { name: group, namespace: "default", uid: `uid-of-${group}`, generation: 1 },
    spec: { schedulingPolicy: { gang: { minCount } } },
  });
  const requests = { cpu: dice.pick(["500m", "1"]) };
  for (let i = 0; i < members; i++) {
    const spec = { schedulingGroup: { podGroupName: group } } as never;
    put(world, "pods", makePod({ name: `${group}-${i}`, requests, spec }));
  }
}

const all = <T>({ started: { cluster } }: World, resource: string): T[] =>
  [...cluster.objects].flatMap(([key, object]) => (key.startsWith(`${resource}/`) ? [object as T] : []));
const podsOf = (world: World): Pod[] => all<Pod>(world, "pods");
const groupOf = ({ spec }: Pod): string | undefined =>
  (spec as { schedulingGroup?: { podGroupName: string } }).schedulingGroup?.podGroupName;
const cpuOf = ({ spec }: Pod): number => milliValue(spec.containers[0]!.resources?.requests?.cpu ?? "0");
const claimOf = (world: World, { spec }: Pod): ResourceClaim | undefined => {
  const name = spec.resourceClaims?.[0]?.resourceClaimName;
  return name === undefined
    ? undefined
    : (world.started.cluster.objects.get(`${CLAIMS}/default/${name}`) as ResourceClaim | undefined);
};
const devicesIn = (claim: ResourceClaim | undefined): string[] =>
  (claim?.status?.allocation?.devices?.results ?? []).map(({ pool, device }) => `${pool}/${device}`);

/** A pod goes, and what was its own with it. */
function removePod(world: World): void {
  const bound = podsOf(world).filter(({ spec }) => spec.nodeName);
  if (bound.length === 0) return;
  const pod = world.dice.pick(bound);
  world.started.cluster.remove("pods", "default", pod.metadata.name ?? "");
  const claim = pod.spec.resourceClaims?.[0]?.resourceClaimName;
  if (claim) world.started.cluster.remove(CLAIMS, "default", claim);
}

const free = (world: World, node: string): number => {
  const { allocatable } = (
    world.started.cluster.objects.get(`nodes//${node}`) as { status: { allocatable: { cpu: string } } }
  ).status;
  const used = podsOf(world).filter(({ spec }) => spec.nodeName === node);
  return milliValue(allocatable.cpu) - used.reduce((sum, pod) => sum + cpuOf(pod), 0);
};

function zoneNeeded(world: World, { spec }: Pod): string | undefined {
  const claim = spec.volumes?.[0]?.persistentVolumeClaim?.claimName;
  if (!claim) return undefined;
  const volume = world.started.cluster.objects.get(`persistentvolumes//v-${claim.slice(2)}`) as {
    spec: { nodeAffinity: { required: { nodeSelectorTerms: { matchExpressions: { values: string[] }[] }[] } } };
  };
  return volume.spec.nodeAffinity.required.nodeSelectorTerms[0]!.matchExpressions[0]!.values[0];
}

/** Whether a look at every node finds a place for a pod that waits alone. */
function hasPlace(world: World, pod: Pod): boolean {
  const zone = zoneNeeded(world, pod);
  const claim = claimOf(world, pod);
  const taken = new Set(all<ResourceClaim>(world, CLAIMS).flatMap(devicesIn));
  return world.names.some((node) => {
    if (free(world, node) < cpuOf(pod) || (zone !== undefined && world.zones.get(node) !== zone)) return false;
    if (!claim) return true;
    const wanted = claim.spec.devices!.requests![0]!.exactly!.count ?? 1;
    return world.devices.get(node)!.filter((each) => !taken.has(`${node}/${each}`)).length >= wanted;
  });
}

function check(world: World, context: string): { bound: number; waiting: number } {
  const pods = podsOf(world);
  const bound = pods.filter(({ spec }) => spec.nodeName);
  for (const node of world.names)
    expect(free(world, node), `${context}: ${node} is overcommitted`).toBeGreaterThanOrEqual(0);
  const given = all<ResourceClaim>(world, CLAIMS).flatMap(devicesIn);
  expect(new Set(given).size, `${context}: a device was given twice`).toBe(given.length);
  for (const pod of bound) {
    const { nodeName = "" } = pod.spec;
    const zone = zoneNeeded(world, pod);
    if (zone !== undefined) expect(world.zones.get(nodeName), `${context}: ${pod.metadata.name}`).toBe(zone);
    const claim = claimOf(world, pod);
    if (!claim) continue;
    const devices = devicesIn(claim);
    expect(devices, context).toHaveLength(claim.spec.devices!.requests![0]!.exactly!.count ?? 1);
    for (const device of devices) expect(device.split("/")[0], `${context}: ${pod.metadata.name}`).toBe(nodeName);
    expect(
      claim.status?.reservedFor?.map(({ uid }) => uid),
      context,
    ).toEqual([pod.metadata.uid]);
  }
  const waiting = pods.filter(({ spec }) => !spec.nodeName);
  for (const pod of waiting) {
    if (groupOf(pod) === undefined) expect(hasPlace(world, pod), `${context}: ${pod.metadata.name} waits`).toBe(false);
  }
  checkGangs(world, context);
  return { bound: bound.length, waiting: waiting.length };
}

function checkGangs(world: World, context: string): void {
  const groups = all<KubeObject & { spec: { schedulingPolicy: { gang: { minCount: number } } } }>(
    world,
    "podgroups.scheduling.k8s.io",
  );
  for (const { metadata, spec } of groups) {
    const members = podsOf(world).filter((pod) => groupOf(pod) === metadata.name);
    const waiting = members.filter((pod) => !pod.spec.nodeName);
    const { minCount } = spec.schedulingPolicy.gang;
    // Those that have left are not asked for: a gang that is short of members is held back.
    if (waiting.length === 0 || members.length < minCount) continue;
    const places = world.names.reduce((sum, node) => sum + Math.floor(free(world, node) / cpuOf(waiting[0]!)), 0);
    const there = members.length - waiting.length;
    const missing = Math.max(1, minCount - there);
    expect(Math.min(places, waiting.length), `${context}: gang ${metadata.name} waits, ${there} bound`).toBeLessThan(
      missing,
    );
  }
}

describe("Volumes, devices and gangs", () => {
  const seed = Number(process.env.KEDGE_SEED ?? 20_260_301);
  const clusters = Number(process.env.KEDGE_CLUSTERS ?? 150);
  it(`[RP1] nothing twice, nothing out of reach, nothing forgotten on ${clusters} clusters (seed ${seed})`, {
    timeout: 120_000,
  }, async () => {
    const random = seededRandom(seed);
    const total = { bound: 0, waiting: 0 };
    for (let i = 0; i < clusters; i++) {
      const world = makeWorld(random);
      for (let step = 0; step < 10; step++) {
        for (let n = world.dice.pick([0, 1, 2]); n > 0; n--) addPod(world);
        if (world.dice.chance(0.4)) removePod(world);
        if (world.dice.chance(0.15)) setDevices(world, world.dice.pick(world.names));
        await world.started.settle();
        const { bound, waiting } = check(world, `cluster ${i} step ${step}`);
        total.bound += bound;
        total.waiting += waiting;
      }
    }
    expect(Math.min(total.bound, total.waiting)).toBeGreaterThan(10 * clusters);
  });
});
