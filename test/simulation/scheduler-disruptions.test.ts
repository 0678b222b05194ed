/**
 * What becomes of pods when nodes are drained, lost, or full: those that must wait say why, and go on by themselves when
 * the reason goes. The whole control plane in one process.
 */
import { describe, expect, it } from "vitest";
import type { Pod, PodSpec } from "../../kinds/core/v1-types.ts";
import { parseSimulationConfig } from "../../node-daemon/simulated/config.ts";
import { simulatedNode } from "../../node-daemon/simulated/plan-node.ts";
import { ok } from "../conformance/kit.ts";
import { startWorld, type World } from "./scheduler-world.ts";

const NODES = "/api/v1/nodes";
const CPU_OF_TWO = { cpu: "2", memory: "8Gi", pods: "110" };

async function deploy(world: World, replicas: number, spec: Partial<PodSpec> = {}): Promise<void> {
  const resources = { requests: { cpu: "1" } };
  const template = {
    metadata: { labels: { app: "web" } },
    spec: { containers: [{ name: "c", image: "i", resources }], ...spec },
  };
  const selector = { matchLabels: { app: "web" } };
  const path = "/apis/apps/v1/namespaces/default/deployments";
  ok(await world.create(path, { metadata: { name: "web" }, spec: { replicas, selector, template } }), 201);
  await world.settle();
}

const isLeaving = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;
const isReady = (pod: Pod): boolean =>
  !isLeaving(pod) &&
  (pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false);
const ready = async (world: World): Promise<Pod[]> => (await world.pods()).filter(isReady);
const pending = async (world: World): Promise<Pod[]> =>
  (await world.pods()).filter((pod) => !pod.spec.nodeName && !isLeaving(pod));

/** Why the pods that wait wait, each reason once: what their conditions say, which must be what the events say. */
async function reasons(world: World): Promise<string[]> {
  const found = new Set<string>();
  for (const { metadata, status } of await pending(world)) {
    const condition = status?.conditions?.find(({ type }) => type === "PodScheduled");
    expect(condition).toMatchObject({ status: "False", reason: "Unschedulable" });
    const query = `fieldSelector=involvedObject.name%3D${metadata.name}`;
    const events = ok(await world.get(`/api/v1/namespaces/default/events?${query}`)).items as { message: string }[];
    expect(events.map(({ message }) => message)).toContain(condition?.message);
    found.add(condition?.message?.replace(/ no new claims.*/, "") ?? "");
  }
  return [...found];
}

const setOutage = async (world: World, node: string, isOff: boolean): Promise<void> => {
  const annotations = { "kedge.dev/simulated-outage": isOff ? "true" : null };
  ok(await world.patch(`${NODES}/${node}`, { metadata: { annotations } }));
};

describe("Disruptions", () => {
  it("[DI1] a node drained: budgets are kept, what has no place waits and says why, and comes back with the node", async () => {
    const world = await startWorld({ count: 3, capacity: CPU_OF_TWO });
    const selector = { matchLabels: { app: "web" } };
    const budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
    ok(await world.create(budgets, { metadata: { name: "web" }, spec: { minAvailable: 5, selector } }), 201);
    await deploy(world, 6);
    expect(await ready(world)).toHaveLength(6);

    ok(await world.patch(`${NODES}/simulated-0`, { spec: { unschedulable: true } }));
    const leaving = (await world.pods("?fieldSelector=spec.nodeName%3Dsimulated-0")).map(
      ({ metadata }) => metadata.name,
    );
    expect(leaving).toHaveLength(2);
    const evict = async (name: string | undefined): Promise<number> => {
      const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name } };
      const answer = await world.create(`/api/v1/namespaces/default/pods/${name}/eviction`, eviction);
      await world.settle();
      return answer.status;
    };
    expect(await evict(leaving[0])).toBe(201);
    // Its replacement has no place, so the budget has nothing left for the next.
    expect(await reasons(world)).toEqual([
      "0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu.",
    ]);
    expect(await evict(leaving[1])).toBe(429);
    expect(await ready(world)).toHaveLength(5);

    ok(await world.create(NODES, simulatedNode(configOf(), 3, world.services.env.clock.now())), 201);
    await world.settle();
    expect([await pending(world), (await ready(world)).length]).toEqual([[], 6]);
    expect(await evict(leaving[1])).toBe(201);
    expect((await ready(world)).map(({ spec }) => spec.nodeName)).not.toContain("simulated-0");
    expect(await ready(world)).toHaveLength(6);
  });

  it("[DI2] a zone lost: its pods are made anew where the rules allow, and where they do not, when it is back", async () => {
    const world = await startWorld({ count: 6, zones: 3, capacity: { cpu: "8", memory: "8Gi", pods: "110" } });
    await deploy(world, 6, {
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: "topology.kubernetes.io/zone",
          whenUnsatisfiable: "DoNotSchedule",
          labelSelector: { matchLabels: { app: "web" } },
        },
      ],
    });
    const zoneOf = (node: string | undefined): number => Number(node?.split("-")[1]) % 3;
    const zones = async () => (await ready(world)).map(({ spec }) => zoneOf(spec.nodeName)).sort();
    expect(await zones()).toEqual([0, 0, 1, 1, 2, 2]);

    for (const node of ["simulated-0", "simulated-3"]) await setOutage(world, node, true);
    await world.settle();
    // One more in each zone that is left would be more than one apart from the lost one, which has none.
    expect(await zones()).toEqual([1, 1, 2, 2]);
    expect(await pending(world)).toHaveLength(2);
    expect(await reasons(world)).toEqual([
      "0/6 nodes are available: 2 node(s) had untolerated taint(s), 4 node(s) didn't match pod topology spread constraints.",
    ]);

    for (const node of ["simulated-0", "simulated-3"]) await setOutage(world, node, false);
    await world.settle();
    expect([await pending(world), await zones()]).toEqual([[], [0, 0, 1, 1, 2, 2]]);
  });

  it("[DI3] a cluster full: what waits goes as soon as there is room, in the order of importance", async () => {
    const world = await startWorld({ count: 2, capacity: CPU_OF_TWO });
    await deploy(world, 7);
    expect([(await ready(world)).length, (await pending(world)).length]).toEqual([4, 3]);
    expect(await reasons(world)).toEqual(["0/2 nodes are available: 2 Insufficient cpu."]);

    const classes = "/apis/scheduling.k8s.io/v1/priorityclasses";
    ok(await world.create(classes, { metadata: { name: "high" }, value: 10, preemptionPolicy: "Never" }), 201);
    const resources = { requests: { cpu: "1" } };
    const spec = { priorityClassName: "high", containers: [{ name: "c", image: "i", resources }] };
    ok(await world.create("/api/v1/namespaces/default/pods", { metadata: { name: "important" }, spec }), 201);
    await world.settle();
    expect(await pending(world)).toHaveLength(4);

    const web = "/apis/apps/v1/namespaces/default/deployments/web/scale";
    ok(await world.patch(web, { spec: { replicas: 6 } }));
    await world.settle();
    // A pod that waits is the first to go: nothing has become free.
    expect((await world.pod("important")).spec.nodeName).toBeUndefined();
    ok(
      await world.create(
        NODES,
        simulatedNode({ ...configOf(), capacity: { ...CPU_OF_TWO, cpu: "1" } }, 2, world.services.env.clock.now()),
      ),
      201,
    );
    await world.settle();
    expect((await world.pod("important")).spec.nodeName).toBe("simulated-2");
    ok(await world.create(NODES, simulatedNode(configOf(), 3, world.services.env.clock.now())), 201);
    await world.settle();
    expect([(await ready(world)).length, await pending(world)]).toEqual([7, []]);
  });
});

const configOf = () => ({
  ...parseSimulationConfig(JSON.stringify({ serverUrl: "https://x:1", tokenFile: "/t", stateDir: "/s", count: 9 })),
  capacity: CPU_OF_TWO,
});
