import { describe, expect, it } from "vitest";
import type { Pod } from "../../kinds/core/v1-types.ts";
import { makePod, TestCluster } from "../testing/builders.ts";
import { actualSpec } from "./actual-requests.ts";
import { podRequests } from "./pod-requests.ts";
import { CPU } from "./resources.ts";

type Cpu = string | undefined;
const of = (cpu: Cpu) => ({ requests: cpu === undefined ? {} : { cpu } });
const pending = (reason: string) => [{ type: "PodResizePending", status: "True", reason }];

/** A pod on a node that asks for `asked`, has `has` and was given `given`. */
function resizing(wish: { asked: Cpu; has?: Cpu; given?: Cpu; more?: object; conditions?: object[] }): Pod {
  const { asked, has, given, more, conditions } = wish;
  const status = {
    name: "main",
    ...(has !== undefined && { resources: of(has) }),
    ...(given !== undefined && { allocatedResources: { cpu: given } }),
  };
  const pod = makePod({ node: "n", requests: { ...(asked && { cpu: asked }) }, ...more });
  return { ...pod, status: { containerStatuses: [status], ...(conditions && { conditions }) } } as unknown as Pod;
}

const cpuOf = (pod: Pod): number | undefined => podRequests(actualSpec(pod)!).requests.get("cpu");

describe("What a pod on a node takes", () => {
  it.each([
    ["[AR1] as asked, where nothing else is said", { asked: "1" }, 1_000],
    ["[AR2] growing: what it is to have counts at once", { asked: "2", has: "1", given: "1" }, 2_000],
    ["[AR3] shrinking: what it has counts until it is taken away", { asked: "1", has: "2", given: "1" }, 2_000],
    ["[AR4] what kubelet has promised counts", { asked: "1", has: "1", given: "3" }, 3_000],
    [
      "[AR5] what cannot be done does not",
      { asked: "9", has: "1", given: "1", conditions: pending("Infeasible") },
      1_000,
    ],
    ["[AR6] what can be done later does", { asked: "9", has: "1", given: "1", conditions: pending("Deferred") }, 9_000],
  ] as [string, Parameters<typeof resizing>[0], number][])("%s", (_name, wish, cpu) => {
    expect(cpuOf(resizing(wish))).toBe(cpu);
  });

  it("[AR7] a pod that waits for a node asks for what it asks for", () => {
    const pod = resizing({ asked: "1", has: "2", more: { node: undefined } });
    expect(actualSpec(pod)).toBe(pod.spec);
  });

  it("[AR8] where all is as asked the spec is not copied", () => {
    const pod = resizing({ asked: "1", has: "1", given: "1" });
    expect(actualSpec(pod)).toBe(pod.spec);
  });

  it("[AR9] of init containers only sidecars; and what the pod as a whole has", () => {
    const container = (name: string, cpu: string, more: object = {}) => ({
      name,
      image: "i",
      resources: of(cpu),
      ...more,
    });
    const spec = {
      containers: [container("main", "1")],
      initContainers: [container("s", "1", { restartPolicy: "Always" }), container("i", "1")],
    };
    const has = (name: string, cpu: string) => ({ name, resources: of(cpu) });
    const pod = makePod({ node: "n", spec });
    const status = { containerStatuses: [has("main", "1")], initContainerStatuses: [has("s", "3"), has("i", "9")] };
    expect(cpuOf({ ...pod, status } as unknown as Pod)).toBe(4_000);
    const whole = { ...pod, spec: { ...pod.spec!, resources: { requests: { cpu: "2" } } } };
    expect(cpuOf({ ...whole, status: { ...status, resources: of("5") } } as unknown as Pod)).toBe(5_000);
  });

  it("[AR10] a node has room again when kubelet has taken away what was given back", () => {
    const cluster = new TestCluster().node({ name: "n" });
    const used = () => cluster.nodes.requestedAt(CPU, cluster.row("n"));
    cluster.put("pods", resizing({ asked: "3", has: "3" }));
    cluster.put("pods", resizing({ asked: "1", has: "3" }));
    expect(used()).toBe(3_000);
    cluster.put("pods", resizing({ asked: "1", has: "1" }));
    expect(used()).toBe(1_000);
    expect(cluster.changes.at(-1)).toMatchObject({ what: "pod left", footprint: { requestAmounts: [3_000] } });
  });
});
