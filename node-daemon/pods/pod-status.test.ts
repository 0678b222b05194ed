import { describe, expect, it } from "vitest";
import type { PodSpec, PodStatus } from "../../kinds/core/v1-types.ts";
import type { StartFailure } from "./container-status.ts";
import { finalStatus } from "./final-status.ts";
import type { ObservedContainer } from "./observed.ts";
import { podStatus } from "./pod-status.ts";
import { makeContainer, makeObserved, makePod, makeSandbox, observedPod } from "./testing/build.ts";

const NOW = Date.parse("2026-05-01T10:00:00Z");

interface Seen {
  spec?: Partial<PodSpec>;
  before?: PodStatus;
  containers?: ObservedContainer[];
  sandboxes?: ReturnType<typeof makeSandbox>[];
  failures?: [string, StartFailure][];
  terminal?: boolean;
  ready?: boolean;
  started?: boolean;
  deleted?: boolean;
}

function status(seen: Seen): PodStatus {
  const { spec = {}, before, containers = [], sandboxes, failures = [], terminal = false } = seen;
  const metadata = seen.deleted ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {};
  return podStatus({
    pod: makePod(spec, { metadata, ...(before && { status: before }) }),
    observed: observedPod(containers, sandboxes),
    failures: new Map(failures),
    readiness: { started: () => seen.started ?? true, ready: () => seen.ready ?? true },
    hostIps: ["192.168.0.1"],
    terminal,
    nowMs: NOW,
  });
}

const running = (name: string, fields: Partial<ObservedContainer> = {}) =>
  makeObserved(name, { state: "running", ...fields });
const failed = (name: string, fields: Partial<ObservedContainer> = {}) =>
  makeObserved(name, { exitCode: 1, ...fields });
const done = (name: string) => makeObserved(name);
const conditionOf = (s: PodStatus, type: string) => s.conditions?.find((c) => c.type === type);

describe("podStatus: phase", () => {
  it.each<Seen & { name: string; phase: string }>([
    { name: "[PS1] nothing started: Pending", sandboxes: [], phase: "Pending" },
    {
      name: "[PS60] an init container failed that its own rule starts again: Pending",
      spec: {
        restartPolicy: "Never",
        initContainers: [
          makeContainer("i", {
            restartPolicyRules: [{ action: "Restart", exitCodes: { operator: "In", values: [1] } }],
          }),
        ],
      },
      containers: [failed("i")],
      phase: "Pending",
    },
    {
      name: "[PS61] an init container failed that its own policy does not start again: Failed",
      spec: { initContainers: [makeContainer("i", { restartPolicy: "Never" })] },
      containers: [failed("i")],
      phase: "Failed",
    },
    { name: "[PS2] running: Running", containers: [running("main")], phase: "Running" },
    { name: "[PS3] ended under Always, to be restarted: Running", containers: [failed("main")], phase: "Running" },
    {
      name: "[PS4] succeeded under OnFailure: Succeeded",
      spec: { restartPolicy: "OnFailure" },
      containers: [done("main")],
      phase: "Succeeded",
    },
    {
      name: "[PS5] failed under OnFailure: Running",
      spec: { restartPolicy: "OnFailure" },
      containers: [failed("main")],
      phase: "Running",
    },
    {
      name: "[PS6] failed under Never: Failed",
      spec: { restartPolicy: "Never" },
      containers: [failed("main")],
      phase: "Failed",
    },
    {
      name: "[PS7] failed under Always when it is to end: Failed",
      containers: [failed("main")],
      terminal: true,
      phase: "Failed",
    },
    {
      name: "[PS8] one waiting for its image: Pending",
      spec: { containers: [makeContainer("main"), makeContainer("b")] },
      containers: [running("main")],
      phase: "Pending",
    },
    {
      name: "[PS9] an init container runs: Pending",
      spec: { initContainers: [makeContainer("i")] },
      containers: [running("i")],
      phase: "Pending",
    },
    {
      name: "[PS10] an init container failed under Never: Failed",
      spec: { restartPolicy: "Never", initContainers: [makeContainer("i")] },
      containers: [failed("i")],
      phase: "Failed",
    },
    {
      name: "[PS11] an init container failed, to be run again: Pending",
      spec: { initContainers: [makeContainer("i")] },
      containers: [failed("i")],
      phase: "Pending",
    },
    {
      name: "[PS12] a terminal phase stays",
      before: { phase: "Failed" },
      containers: [running("main")],
      phase: "Failed",
    },
    {
      name: "[PS13] a sidecar that restarts does not make a running pod Pending",
      spec: { initContainers: [makeContainer("s", { restartPolicy: "Always" })] },
      containers: [running("main"), failed("s")],
      phase: "Running",
    },
  ])("$name", ({ phase, ...seen }) => expect(status(seen).phase).toBe(phase));
});

describe("podStatus: containers", () => {
  it("[PS20] waits with ContainerCreating, or PodInitializing behind init containers", () => {
    expect(status({ sandboxes: [] }).containerStatuses?.[0]?.state).toEqual({
      waiting: { reason: "ContainerCreating" },
    });
    const withInit = status({ spec: { initContainers: [makeContainer("i")] }, sandboxes: [] });
    expect(withInit.containerStatuses?.[0]?.state).toEqual({ waiting: { reason: "PodInitializing" } });
  });

  it("[PS21] a crash loop waits, with the crash as last state", () => {
    const failure = {
      reason: "CrashLoopBackOff",
      message: "back-off 10s restarting failed container=main pod=web_default(u)",
    };
    const [main] =
      status({ containers: [failed("main", { restartCount: 2 })], failures: [["main", failure]] }).containerStatuses ??
      [];
    expect(main).toMatchObject({
      state: { waiting: failure },
      lastState: { terminated: { exitCode: 1, reason: "Error" } },
      restartCount: 2,
      ready: false,
      started: false,
    });
  });

  it("[PS22] a failure that no longer keeps it from running is not told", () => {
    const failure: [string, StartFailure] = ["main", { reason: "ErrImagePull", message: "no" }];
    const seen = { spec: { restartPolicy: "Never" as const }, containers: [failed("main")], failures: [failure] };
    expect(status(seen).containerStatuses?.[0]?.state).toHaveProperty("terminated");
  });

  it("[PS23] the instance before the last is the last state", () => {
    const [main] =
      status({ containers: [running("main", { restartCount: 1 }), failed("main")] }).containerStatuses ?? [];
    expect(main?.state).toHaveProperty("running");
    expect(main?.lastState?.terminated?.exitCode).toBe(1);
  });

  it("[PS24] a last state survives the removal of its container", () => {
    const before = status({ containers: [running("main", { restartCount: 1 }), failed("main")] });
    const [main] = status({ before, containers: [running("main", { restartCount: 1 })] }).containerStatuses ?? [];
    expect(main?.lastState?.terminated?.exitCode).toBe(1);
  });

  it("[PS25] a container that has vanished counts as one more restart", () => {
    const before = status({ containers: [running("main")] });
    const [main] = status({ before, containers: [] }).containerStatuses ?? [];
    expect(main).toMatchObject({
      restartCount: 1,
      lastState: { terminated: { exitCode: 137, reason: "ContainerStatusUnknown" } },
    });
  });

  it("[PS26] ready only when started and its probe says so; the pod's conditions follow", () => {
    const unready = status({ containers: [running("main")], ready: false });
    expect(unready.containerStatuses?.[0]).toMatchObject({ started: true, ready: false });
    expect(conditionOf(unready, "ContainersReady")).toMatchObject({
      status: "False",
      reason: "ContainersNotReady",
      message: "containers with unready status: [main]",
    });
    expect(conditionOf(unready, "Ready")).toMatchObject({ status: "False", reason: "ContainersNotReady" });
    const starting = status({ containers: [running("main")], started: false });
    expect(starting.containerStatuses?.[0]).toMatchObject({ started: false, ready: false });
    expect(conditionOf(status({ containers: [running("main")] }), "Ready")?.status).toBe("True");
  });
});

describe("podStatus: conditions", () => {
  it("[PS30] a time of transition stays while the status does", () => {
    const before = status({ containers: [running("main")] });
    for (const condition of before.conditions ?? []) condition.lastTransitionTime = "2020-01-01T00:00:00Z";
    const after = status({ before, containers: [running("main")], ready: false });
    expect(conditionOf(after, "Initialized")?.lastTransitionTime).toBe("2020-01-01T00:00:00Z");
    expect(conditionOf(after, "Ready")?.lastTransitionTime).toBe("2026-05-01T10:00:00Z");
  });

  it("[PS31] not initialized while an init container has not ended", () => {
    const s = status({ spec: { initContainers: [makeContainer("i")] }, containers: [running("i")] });
    expect(conditionOf(s, "Initialized")).toMatchObject({
      status: "False",
      reason: "ContainersNotInitialized",
      message: "containers with incomplete status: [i]",
    });
  });

  it("[PS32] a finished pod is not ready, for that reason", () => {
    const s = status({ spec: { restartPolicy: "Never" }, containers: [done("main")] });
    expect(conditionOf(s, "Ready")).toMatchObject({ status: "False", reason: "PodCompleted" });
    expect(conditionOf(s, "Initialized")).toMatchObject({ status: "True", reason: "PodCompleted" });
  });

  it("[PS33] readiness gates hold the pod, not its containers", () => {
    const s = status({ spec: { readinessGates: [{ conditionType: "example.com/x" }] }, containers: [running("main")] });
    expect(conditionOf(s, "ContainersReady")?.status).toBe("True");
    expect(conditionOf(s, "Ready")).toMatchObject({
      status: "False",
      reason: "ReadinessGatesNotMet",
      message: 'corresponding condition of pod readiness gate "example.com/x" does not exist.',
    });
  });

  it("[PS34] conditions tell the generation they were seen at, and whether there is a sandbox", () => {
    const s = status({ sandboxes: [] });
    expect(conditionOf(s, "PodReadyToStartContainers")).toMatchObject({ status: "False", observedGeneration: 1 });
    expect(s.observedGeneration).toBe(1);
  });
});

describe("podStatus: addresses", () => {
  it("[PS40] of the sandbox, or of the host, and they stay when the sandbox has gone", () => {
    expect(status({ containers: [running("main")] })).toMatchObject({ podIP: "10.0.0.5", hostIP: "192.168.0.1" });
    expect(status({ spec: { hostNetwork: true }, containers: [running("main")] }).podIP).toBe("192.168.0.1");
    const before = status({ containers: [running("main")] });
    expect(status({ before, sandboxes: [makeSandbox({ ready: false })] }).podIP).toBe("10.0.0.5");
  });
});

describe("finalStatus", () => {
  it("[PS50] what never ran has failed", () => {
    const final = finalStatus(makePod(), status({ sandboxes: [], terminal: true, deleted: true }));
    expect(final.phase).toBe("Failed");
    expect(final.containerStatuses?.[0]?.state).toEqual({
      terminated: {
        exitCode: 137,
        reason: "ContainerStatusUnknown",
        message: "The container could not be located when the pod was terminated",
      },
    });
  });

  it("[PS52] what initialization never reached waits for ever", () => {
    const initContainers = ["a", "b", "c"].map((name) => makeContainer(name));
    const final = finalStatus(
      makePod({ initContainers }),
      status({ spec: { initContainers }, containers: [done("a"), failed("b")], terminal: true }),
    );
    const states = [...(final.initContainerStatuses ?? []), ...(final.containerStatuses ?? [])].map(
      ({ state }) => state?.terminated?.exitCode ?? state?.waiting?.reason,
    );
    expect(states).toEqual([0, 1, "PodInitializing", "PodInitializing"]);
    expect(final.phase).toBe("Failed");
  });

  it("[PS51] what succeeded has succeeded", () => {
    const final = finalStatus(makePod(), status({ containers: [done("main")], terminal: true, deleted: true }));
    expect(final.phase).toBe("Succeeded");
    expect(final.containerStatuses?.[0]?.state?.terminated?.exitCode).toBe(0);
  });
});
