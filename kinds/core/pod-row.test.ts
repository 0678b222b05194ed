import { describe, expect, it } from "vitest";
import { podRow } from "./pod-row.ts";
import type { ContainerState, ContainerStatus, Pod, PodSpec, PodStatus } from "./v1-types.ts";

const CREATED = "2026-01-01T00:00:00Z";
const NOW_MS = Date.parse("2026-01-01T01:00:00Z");

const status = (name: string, state: ContainerState, more: Partial<ContainerStatus> = {}): ContainerStatus => ({
  name,
  image: "x",
  imageID: "",
  ready: state.running !== undefined,
  restartCount: 0,
  state,
  ...more,
});

const running = { running: { startedAt: CREATED } };
const waiting = (reason: string): ContainerState => ({ waiting: { reason } });
const ended = (exitCode: number, reason = ""): ContainerState => ({
  terminated: { exitCode, ...(reason && { reason }) },
});

const make = (podStatus: PodStatus, spec: Partial<PodSpec> = {}, metadata: Partial<Pod["metadata"]> = {}): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", creationTimestamp: CREATED, ...metadata },
  spec: { containers: [{ name: "a", image: "x" }], ...spec },
  status: podStatus,
});

const two = { containers: [{ name: "a" }, { name: "b" }] };
const withInit = { initContainers: [{ name: "i" }, { name: "j" }] };
const sidecar = { initContainers: [{ name: "s", restartPolicy: "Always" as const }] };
const readyCondition = [{ type: "Ready", status: "True" }] as NonNullable<PodStatus["conditions"]>;
const going = { deletionTimestamp: "2026-01-01T00:59:00Z" };

const cases: [name: string, pod: Pod, cells: [ready: string, status: string, restarts: string]][] = [
  ["pending", make({ phase: "Pending" }), ["0/1", "Pending", "0"]],
  [
    "creating",
    make({ phase: "Pending", containerStatuses: [status("a", waiting("ContainerCreating"))] }),
    ["0/1", "ContainerCreating", "0"],
  ],
  ["running", make({ phase: "Running", containerStatuses: [status("a", running)] }), ["1/1", "Running", "0"]],
  [
    "crash loop",
    make({
      phase: "Running",
      containerStatuses: [
        status("a", waiting("CrashLoopBackOff"), {
          restartCount: 3,
          lastState: { terminated: { exitCode: 1, finishedAt: "2026-01-01T00:59:55Z" } },
        }),
      ],
    }),
    ["0/1", "CrashLoopBackOff", "3 (5s ago)"],
  ],
  [
    "completed",
    make({ phase: "Succeeded", containerStatuses: [status("a", ended(0, "Completed"))] }),
    ["0/1", "Completed", "0"],
  ],
  [
    "failed with a reason",
    make({ phase: "Failed", containerStatuses: [status("a", ended(137, "OOMKilled"))] }),
    ["0/1", "OOMKilled", "0"],
  ],
  ["failed without", make({ phase: "Failed", containerStatuses: [status("a", ended(3))] }), ["0/1", "ExitCode:3", "0"]],
  [
    "ended by a signal",
    make({ phase: "Failed", containerStatuses: [status("a", { terminated: { exitCode: 0, signal: 9 } })] }),
    ["0/1", "Signal:9", "0"],
  ],
  ["evicted", make({ phase: "Failed", reason: "Evicted" }), ["0/1", "Evicted", "0"]],
  [
    "one of two completed, and ready",
    make(
      {
        phase: "Running",
        conditions: readyCondition,
        containerStatuses: [status("a", ended(0, "Completed")), status("b", running)],
      },
      two,
    ),
    ["1/2", "Running", "0"],
  ],
  [
    "one of two completed, and not ready",
    make({ phase: "Running", containerStatuses: [status("a", ended(0, "Completed")), status("b", running)] }, two),
    ["1/2", "NotReady", "0"],
  ],
  [
    "first init container",
    make(
      { phase: "Pending", initContainerStatuses: [status("i", running), status("j", waiting("PodInitializing"))] },
      withInit,
    ),
    ["0/1", "Init:0/2", "0"],
  ],
  [
    "second init container",
    make({ phase: "Pending", initContainerStatuses: [status("i", ended(0)), status("j", running)] }, withInit),
    ["0/1", "Init:1/2", "0"],
  ],
  [
    "init container failed",
    make({ phase: "Pending", initContainerStatuses: [status("i", ended(1, "Error"), { restartCount: 1 })] }, withInit),
    ["0/1", "Init:Error", "1"],
  ],
  [
    "init container waits",
    make({ phase: "Pending", initContainerStatuses: [status("i", waiting("ImagePullBackOff"))] }, withInit),
    ["0/1", "Init:ImagePullBackOff", "0"],
  ],
  [
    "sidecar beside the container",
    make(
      {
        phase: "Running",
        initContainerStatuses: [status("s", running, { started: true })],
        containerStatuses: [status("a", running)],
      },
      sidecar,
    ),
    ["2/2", "Running", "0"],
  ],
  [
    "terminating",
    make({ phase: "Running", containerStatuses: [status("a", running)] }, {}, going),
    ["1/1", "Terminating", "0"],
  ],
  [
    "going, but ended",
    make({ phase: "Succeeded", containerStatuses: [status("a", ended(0, "Completed"))] }, {}, going),
    ["0/1", "Completed", "0"],
  ],
  ["lost with its node", make({ phase: "Running", reason: "NodeLost" }, {}, going), ["0/1", "Unknown", "0"]],
  [
    "kept back by gates",
    make({ phase: "Pending", conditions: [{ type: "PodScheduled", status: "False", reason: "SchedulingGated" }] }),
    ["0/1", "SchedulingGated", "0"],
  ],
];

describe("Pod: row", () => {
  it.each(cases)("ROW-1 %s", (_, object, [ready, text, restarts]) => {
    expect(podRow(object, NOW_MS).slice(0, 5)).toEqual(["web", ready, text, restarts, "60m"]);
  });

  it("ROW-2 the wide columns", () => {
    const object = make(
      {
        phase: "Running",
        podIPs: [{ ip: "10.0.0.7" }],
        nominatedNodeName: "other",
        conditions: [{ type: "example.com/ready", status: "True" }],
      },
      { nodeName: "node-1", readinessGates: [{ conditionType: "example.com/ready" }, { conditionType: "b" }] },
    );
    expect(podRow(object, NOW_MS).slice(5)).toEqual(["10.0.0.7", "node-1", "other", "1/2"]);
    expect(podRow(make({ phase: "Pending" }), NOW_MS).slice(5)).toEqual(["<none>", "<none>", "<none>", "<none>"]);
  });
});
