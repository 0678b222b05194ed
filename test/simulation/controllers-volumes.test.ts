import { describe, expect, it } from "vitest";
import type { Endpoints, PersistentVolume, PersistentVolumeClaim, Pod } from "../../kinds/core/v1-types.ts";
import type { EndpointSlice } from "../../kinds/discovery/v1-types.ts";
import { compareQuantities } from "../../machinery/meta/quantity.ts";
import { metadata, namespace, node, pod, service } from "../fakes/cluster-objects.ts";
import { World } from "./controllers-world.ts";

const VOLUMES = "persistentvolumes";
const CLAIMS = "persistentvolumeclaims";
const size = (world: World): string => `${1 + Math.floor(world.random() * 4)}Gi`;

const volume = (name: string, storage: string): PersistentVolume =>
  ({
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: metadata(name, { namespace: "", finalizers: ["kubernetes.io/pv-protection"] }),
    spec: { capacity: { storage }, accessModes: ["ReadWriteOnce"], storageClassName: "c" },
    status: { phase: "Pending" },
  }) as PersistentVolume;
const claim = (name: string, storage: string): PersistentVolumeClaim =>
  ({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: metadata(name, { finalizers: ["kubernetes.io/pvc-protection"] }),
    spec: { accessModes: ["ReadWriteOnce"], storageClassName: "c", resources: { requests: { storage } } },
    status: { phase: "Pending" },
  }) as PersistentVolumeClaim;

/** What must hold after every commit. */
function watchRules(world: World, seed: number): void {
  const { cluster } = world;
  const owners = new Map<string, string>();
  cluster.onCommit(({ resource, type, name }, object) => {
    const fail = (what: string) => {
      throw new Error(`seed ${seed}: ${what}`);
    };
    if (resource === VOLUMES) {
      const uid = (object as PersistentVolume).spec.claimRef?.uid;
      const before = owners.get(name);
      if (type !== "DELETED" && uid && before && before !== uid) fail(`volume ${name} went from one claim to another`);
      if (type === "DELETED" || !uid) owners.delete(name);
      else owners.set(name, uid);
    }
    if (resource === CLAIMS && type === "DELETED") {
      const isUsed = ({ spec }: Pod) => spec.nodeName && spec.volumes?.[0]?.persistentVolumeClaim?.claimName === name;
      if (cluster.list<Pod>("pods").some(isUsed)) fail(`claim ${name} went while a pod used it`);
    }
    if (resource === CLAIMS && type === "MODIFIED") {
      const { volumeName } = (object as PersistentVolumeClaim).spec;
      const others = cluster.list<PersistentVolumeClaim>(CLAIMS).filter(({ spec }) => spec.volumeName === volumeName);
      if (volumeName && others.length > 1) fail(`volume ${volumeName} was given to two claims`);
    }
  });
}

describe("storage and mirroring in a faulty world", () => {
  it.each([21, 22, 23, 24, 25, 26])(
    "[SIM7] seed %i: every volume has one claim, and none lacks one it could have",
    async (seed) => {
      const world = new World(seed);
      const { cluster } = world;
      cluster.create("namespaces", namespace("default"));
      cluster.create("nodes", node("n1"));
      watchRules(world, seed);
      let serial = 0;
      for (let step = 0; step < 400; step++) {
        const what = world.random();
        const name = `x${serial++}`;
        const some = world.pick(
          cluster.list<PersistentVolumeClaim>(CLAIMS).filter((c) => !c.metadata.deletionTimestamp),
        );
        if (what < 0.3) await cluster.deliver();
        else if (what < 0.6) await world.wake();
        else if (what < 0.66) cluster.create(CLAIMS, claim(name, size(world)));
        else if (what < 0.73) cluster.create(VOLUMES, volume(name, size(world)));
        else if (what < 0.78 && some) cluster.delete(CLAIMS, some);
        else if (what < 0.84 && some) {
          const volumes = [{ name: "v", persistentVolumeClaim: { claimName: some.metadata.name ?? "" } }];
          cluster.create("pods", pod(name, { spec: { volumes, nodeName: "n1" } as never }));
        } else if (what < 0.9) {
          const gone = world.pick(cluster.list<Pod>("pods"));
          if (gone) cluster.remove("pods", gone);
        } else if (what < 0.93) world.evict();
        else world.clock.advance(Math.floor(world.random() * 3_000));
      }
      await world.settle();
      const claims = cluster.list<PersistentVolumeClaim>(CLAIMS);
      const volumes = cluster.list<PersistentVolume>(VOLUMES);
      const free = volumes.filter(({ status }) => status?.phase === "Available");
      for (const { metadata, spec, status } of claims) {
        if (!spec.volumeName) {
          const request = spec.resources?.requests?.storage ?? "";
          const fitting = free.filter((v) => compareQuantities(v.spec.capacity?.storage ?? "0", request) >= 0);
          expect([metadata.name, metadata.deletionTimestamp ? [] : fitting]).toEqual([metadata.name, []]);
          continue;
        }
        const its = cluster.get<PersistentVolume>(VOLUMES, "", spec.volumeName);
        expect([status?.phase, its?.spec.claimRef?.uid, its?.status?.phase]).toEqual(["Bound", metadata.uid, "Bound"]);
      }
      const uids = new Set(claims.map(({ metadata }) => metadata.uid));
      for (const { spec, status } of volumes) {
        const wanted = !spec.claimRef ? "Available" : uids.has(spec.claimRef.uid) ? "Bound" : "Released";
        expect(status?.phase).toBe(wanted);
      }
      expect(world.errors).toEqual([]);
      // The run did something.
      expect(volumes.filter(({ status }) => status?.phase !== "Available").length).toBeGreaterThan(3);
      expect(world.evictions).toBeGreaterThan(0);
      expect(world.program.nextWakeMs()).toBeUndefined();
    },
  );

  it.each([31, 32, 33])("[SIM8] seed %i: slices come to say what custom Endpoints say", async (seed) => {
    const world = new World(seed);
    const { cluster } = world;
    cluster.create("namespaces", namespace("default"));
    cluster.create("services", service("db", { spec: { selector: undefined } as never }));
    let current: Endpoints | undefined;
    let changes = 0;
    const subsets = () =>
      Array.from({ length: Math.floor(world.random() * 3) }, (_, i) => ({
        addresses: Array.from({ length: 1 + Math.floor(world.random() * 4) }, (_, j) => ({ ip: `10.0.${i}.${j}` })),
        ports: [{ port: 80 + Math.floor(world.random() * 2) + 2 * i, protocol: "TCP" }],
      }));
    for (let step = 0; step < 250; step++) {
      const what = world.random();
      if (what < 0.35) await cluster.deliver();
      else if (what < 0.7) await world.wake();
      else if (what < 0.74) world.evict();
      else if (what < 0.8) world.clock.advance(Math.floor(world.random() * 3_000));
      else {
        changes++;
        if (!current) {
          const made = { apiVersion: "v1", kind: "Endpoints", metadata: metadata("db", { uid: `uid-${step}` }) };
          current = cluster.create("endpoints", { ...made, subsets: subsets() } as unknown as Endpoints);
        } else if (world.chance(0.3)) {
          cluster.remove("endpoints", current);
          current = undefined;
        } else {
          current = cluster.change<Endpoints>("endpoints", current, (copy) => {
            copy.subsets = subsets() as NonNullable<Endpoints["subsets"]>;
          });
        }
      }
    }
    await world.settle();
    const said = (current?.subsets ?? []).flatMap(({ addresses, ports }) =>
      (addresses ?? []).map(({ ip }) => `${ip}:${ports?.[0]?.port}`),
    );
    const mirrored = cluster
      .list<EndpointSlice>("endpointslices.discovery.k8s.io")
      .flatMap(({ endpoints, ports }) => (endpoints ?? []).map((one) => `${one.addresses[0]}:${ports?.[0]?.port}`));
    expect(mirrored.sort()).toEqual(said.sort());
    expect(changes).toBeGreaterThan(10);
    expect(world.errors).toEqual([]);
  });
});
