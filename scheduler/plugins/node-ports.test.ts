import { describe, expect, it } from "vitest";
import type { ClusterChange } from "../framework/plugin.ts";
import type { PodFootprint } from "../framework/pod-footprint.ts";
import { makeTable, type PodWish } from "../testing/builders.ts";
import { nodePorts } from "./node-ports.ts";

describe("NodePorts", () => {
  const using = (name: string, hostPort: number, more: object = {}): PodWish => ({
    name,
    spec: { containers: [{ name: "c", ports: [{ containerPort: 1, hostPort, ...more }] }] },
  });
  it.each([
    ["[NP1] free port", using("a", 80), using("b", 81), true],
    ["[NP2] taken port", using("a", 80), using("b", 80), false],
    ["[NP3] another protocol", using("a", 80), using("b", 80, { protocol: "UDP" }), true],
    ["[NP4] TCP is meant when nothing is said", using("a", 80), using("b", 80, { protocol: "TCP" }), false],
    ["[NP5] other addresses", using("a", 80, { hostIP: "10.0.0.1" }), using("b", 80, { hostIP: "10.0.0.2" }), true],
    ["[NP6] one address and all", using("a", 80, { hostIP: "10.0.0.1" }), using("b", 80), false],
    ["[NP7] all and one address", using("a", 80), using("b", 80, { hostIP: "10.0.0.1" }), false],
  ])("%s", (_name, there, wanted, fits) => {
    const { table, shapeOf } = makeTable({});
    table.addPod(0, shapeOf(there));
    const shape = shapeOf(wanted);
    expect(nodePorts.filter(shape, table, 0)?.reasons).toEqual(
      fits ? undefined : ["node(s) didn't have free ports for the requested pod ports"],
    );
    table.removePod(0, shapeOf(there));
    expect(nodePorts.filter(shape, table, 0)).toBeUndefined();
    const left: ClusterChange = { what: "pod left", row: 0, footprint: shapeOf(there) as unknown as PodFootprint };
    expect(nodePorts.retryAfter(left, shape, table)).toBe(
      shape.hostPorts[0]?.protocolPort === shapeOf(there).hostPorts[0]?.protocolPort,
    );
  });

  it("[NP8] sidecars' ports count, other init containers' do not", () => {
    const { shapeOf } = makeTable();
    const ports = [{ containerPort: 1, hostPort: 80 }];
    const withInit = (restartPolicy?: "Always") =>
      shapeOf({ spec: { initContainers: [{ name: "i", ports, ...(restartPolicy && { restartPolicy }) }] } });
    expect(withInit("Always").hostPorts).toHaveLength(1);
    expect(withInit().hostPorts).toHaveLength(0);
  });
});
