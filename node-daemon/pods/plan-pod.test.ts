import { describe, expect, it } from "vitest";
import type { PodSpec } from "../../kinds/core/v1-types.ts";
import type { ObservedContainer } from "./observed.ts";
import { type PodAction, type ProbeVerdict, planPod } from "./plan-pod.ts";
import { resizable } from "./resources.ts";
import { makeContainer, makeObserved, makePod, makeSandbox, observedPod } from "./testing/build.ts";

/** "createSandbox 0", "start main", "kill main", "killPod". */
const brief = (action: PodAction): string => {
  if (action.do === "createSandbox") return `createSandbox ${action.attempt}`;
  if (action.do === "startContainer") return `start ${action.name}`;
  return action.do === "killContainer" ? `kill ${action.name}` : action.do;
};

interface Case {
  name: string;
  spec?: Partial<PodSpec>;
  containers?: ObservedContainer[];
  sandboxes?: ReturnType<typeof makeSandbox>[];
  liveness?: ProbeVerdict;
  startup?: ProbeVerdict;
  deleted?: boolean;
  plan: string[];
}

const init = (name: string) => makeContainer(name);
const sidecar = (name: string, fields = {}) => makeContainer(name, { restartPolicy: "Always", ...fields });
const running = (name: string, fields: Partial<ObservedContainer> = {}) =>
  makeObserved(name, { state: "running", ...fields });
const failed = (name: string) => makeObserved(name, { exitCode: 1 });
const done = (name: string) => makeObserved(name);
const probe = { exec: { command: ["true"] } };

const plan = ({ spec = {}, containers = [], sandboxes, liveness, startup, deleted }: Case): PodAction[] => {
  const pod = makePod(spec, deleted ? { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } } : {});
  const observed = observedPod(containers, sandboxes);
  return planPod({ pod, observed, probes: { liveness: () => liveness, startup: () => startup } });
};

describe("planPod", () => {
  it.each<Case>([
    {
      name: "[PP1] a new pod gets a sandbox and its containers",
      sandboxes: [],
      plan: ["createSandbox 0", "start main"],
    },
    { name: "[PP2] what runs is left alone", containers: [running("main")], plan: [] },
    { name: "[PP3] an ended container starts again under Always", containers: [done("main")], plan: ["start main"] },
    {
      name: "[PP4] under OnFailure only failures start again",
      spec: { restartPolicy: "OnFailure" },
      containers: [failed("main")],
      plan: ["start main"],
    },
    {
      name: "[PP5] under OnFailure success ends the pod",
      spec: { restartPolicy: "OnFailure" },
      containers: [done("main")],
      plan: ["killPod"],
    },
    {
      name: "[PP6] under Never the first end counts",
      spec: { restartPolicy: "Never" },
      containers: [failed("main")],
      plan: ["killPod"],
    },
    {
      name: "[PP7] under Never others go on",
      spec: { restartPolicy: "Never", containers: [makeContainer("a"), makeContainer("b")] },
      containers: [running("a"), failed("b")],
      plan: [],
    },
    {
      name: "[PP8] a deleted pod's containers are not started",
      deleted: true,
      containers: [done("main")],
      plan: ["killPod"],
    },
    {
      name: "[PP9] the newest instance decides",
      containers: [running("main", { restartCount: 1 }), failed("main")],
      plan: [],
    },
    {
      name: "[PP10] a dead sandbox is replaced, init containers first",
      spec: { initContainers: [init("i")] },
      sandboxes: [makeSandbox({ ready: false, attempt: 3 })],
      containers: [failed("main"), done("i")],
      plan: ["killPod", "createSandbox 4", "start i"],
    },
    {
      name: "[PP11] a dead sandbox of a pod that never restarts is not replaced",
      spec: { restartPolicy: "Never" },
      sandboxes: [makeSandbox({ ready: false })],
      containers: [failed("main")],
      plan: ["killPod"],
    },
    {
      name: "[PP12] a dead sandbox without any container is, though",
      spec: { restartPolicy: "Never" },
      sandboxes: [makeSandbox({ ready: false })],
      plan: ["killPod", "createSandbox 1", "start main"],
    },
    {
      name: "[PP13] under OnFailure a new sandbox holds only what has not succeeded",
      spec: { restartPolicy: "OnFailure", containers: [makeContainer("a"), makeContainer("b")] },
      sandboxes: [makeSandbox({ ready: false })],
      containers: [done("a"), failed("b")],
      plan: ["killPod", "createSandbox 1", "start b"],
    },
    {
      name: "[PP14] all succeeded under OnFailure: no new sandbox",
      spec: { restartPolicy: "OnFailure" },
      sandboxes: [makeSandbox({ ready: false })],
      containers: [done("main")],
      plan: ["killPod"],
    },
    {
      name: "[PP15] a sandbox without address is replaced",
      sandboxes: [makeSandbox({ ips: [] })],
      plan: ["killPod", "createSandbox 1", "start main"],
    },
    {
      name: "[PP16] on the host's network it needs none",
      spec: { hostNetwork: true },
      sandboxes: [makeSandbox({ ips: [] })],
      containers: [running("main")],
      plan: [],
    },
    {
      name: "[PP17] two ready sandboxes are one too many",
      sandboxes: [makeSandbox({ attempt: 1 }), makeSandbox()],
      plan: ["killPod", "createSandbox 2", "start main"],
    },
    {
      name: "[PP18] init containers run one by one",
      spec: { initContainers: [init("i"), init("j")] },
      containers: [],
      plan: ["start i"],
    },
    {
      name: "[PP19] … the next after success",
      spec: { initContainers: [init("i"), init("j")] },
      containers: [done("i")],
      plan: ["start j"],
    },
    {
      name: "[PP20] … nothing while one runs",
      spec: { initContainers: [init("i"), init("j")] },
      containers: [running("i")],
      plan: [],
    },
    {
      name: "[PP21] … again after failure",
      spec: { initContainers: [init("i")] },
      containers: [failed("i")],
      plan: ["start i"],
    },
    {
      name: "[PP22] … but not under Never",
      spec: { restartPolicy: "Never", initContainers: [init("i")] },
      containers: [failed("i")],
      plan: ["killPod"],
    },
    {
      name: "[PP23] … and then the containers",
      spec: { initContainers: [init("i")] },
      containers: [done("i")],
      plan: ["start main"],
    },
    {
      name: "[PP24] removed init containers do not run again beside a running pod",
      spec: { initContainers: [init("i")] },
      containers: [running("main")],
      plan: [],
    },
    {
      name: "[PP25] a sidecar that runs lets the next start",
      spec: { initContainers: [sidecar("s"), init("i")] },
      containers: [running("s")],
      plan: ["start i"],
    },
    {
      name: "[PP26] … once its startup probe has succeeded",
      spec: { initContainers: [sidecar("s", { startupProbe: probe }), init("i")] },
      containers: [running("s")],
      plan: [],
    },
    {
      name: "[PP27] … succeeded",
      spec: { initContainers: [sidecar("s", { startupProbe: probe }), init("i")] },
      containers: [running("s")],
      startup: "success",
      plan: ["start i"],
    },
    {
      name: "[PP28] a sidecar that failed its startup probe is replaced",
      spec: { initContainers: [sidecar("s", { startupProbe: probe })] },
      containers: [running("s")],
      startup: "failure",
      plan: ["kill s", "start s"],
    },
    {
      name: "[PP29] a sidecar that ended starts again beside running containers",
      spec: { initContainers: [sidecar("s")] },
      containers: [running("main"), failed("s")],
      plan: ["start s"],
    },
    {
      name: "[PP30] a sidecar does not keep a finished pod alive",
      spec: { restartPolicy: "Never", initContainers: [sidecar("s")] },
      containers: [done("main"), running("s")],
      plan: ["killPod"],
    },
    {
      name: "[PP31] a container that fails liveness is killed and started",
      containers: [running("main")],
      liveness: "failure",
      plan: ["kill main", "start main"],
    },
    {
      name: "[PP32] … only killed under Never",
      spec: { restartPolicy: "Never", containers: [makeContainer("main"), makeContainer("b")] },
      containers: [running("main")],
      liveness: "failure",
      plan: ["kill main", "start b"],
    },
    {
      name: "[PP33] a container whose image changed is replaced, whatever the policy",
      spec: { restartPolicy: "Never" },
      containers: [running("main", { hash: "other" })],
      plan: ["kill main", "start main"],
    },
    {
      name: "[PP34] a container in unknown state is killed first",
      containers: [makeObserved("main", { state: "unknown" })],
      plan: ["kill main", "start main"],
    },
    {
      name: "[PP35] ephemeral containers start once, also before initialization is done",
      spec: {
        initContainers: [init("i")],
        ephemeralContainers: [
          { name: "e", image: "x" },
          { name: "f", image: "x" },
        ],
      },
      containers: [running("i"), failed("e")],
      plan: ["start f"],
    },
    {
      name: "[PP36] a container's own policy overrides the pod's",
      spec: { restartPolicy: "Never", containers: [makeContainer("main", { restartPolicy: "OnFailure" })] },
      containers: [failed("main")],
      plan: ["start main"],
    },
    {
      name: "[PP37] its exit code rules come first",
      spec: {
        restartPolicy: "Never",
        containers: [
          makeContainer("main", {
            restartPolicyRules: [{ action: "Restart", exitCodes: { operator: "In", values: [1] } }],
          }),
        ],
      },
      containers: [failed("main")],
      plan: ["start main"],
    },
    {
      name: "[PP44] an init container's own rule restarts it under Never",
      spec: {
        restartPolicy: "Never",
        initContainers: [
          makeContainer("init", {
            restartPolicyRules: [{ action: "Restart", exitCodes: { operator: "In", values: [1] } }],
          }),
        ],
      },
      containers: [failed("init")],
      plan: ["start init"],
    },
    {
      name: "[PP45] an init container's own policy fails the pod under Always",
      spec: { initContainers: [makeContainer("init", { restartPolicy: "Never" })] },
      containers: [failed("init")],
      plan: ["killPod"],
    },
  ])("$name", (given) => expect(plan(given).map(brief)).toEqual(given.plan));

  it.each([
    ["[PP40] new limits are set on the running container", undefined, ["resizeContainer", "resizePod"]],
    ["[PP41] … with a restart when its policy wants one", "RestartContainer", ["kill main", "resizePod", "start main"]],
  ])("%s", (_, restartPolicy, wanted) => {
    const resizePolicy = restartPolicy ? [{ resourceName: "memory", restartPolicy }] : [];
    const before = makeContainer("main", { resources: { limits: { memory: "1Mi" } } });
    const after = makeContainer("main", { resources: { limits: { memory: "2Mi" } }, resizePolicy });
    const containers = [running("main", { resources: resizable(makePod(), before) })];
    expect(plan({ name: "", spec: { containers: [after] }, containers, plan: [] }).map(brief)).toEqual(wanted);
  });

  it.each([
    ["NotRequired", ["resizeContainer", "resizePod"]],
    ["RestartContainer", ["kill side", "resizePod", "start side"]],
  ] as const)("[PP43] a sidecar's limits are set as its policy says: %s", (restartPolicy, wanted) => {
    const resizePolicy = [{ resourceName: "memory", restartPolicy }];
    const limited = (memory: string) => sidecar("side", { resources: { limits: { memory } }, resizePolicy });
    const containers = [running("main"), running("side", { resources: resizable(makePod(), limited("1Mi")) })];
    const spec = { initContainers: [limited("2Mi")] };
    expect(plan({ name: "", spec, containers, plan: [] }).map(brief)).toEqual(wanted);
  });

  it("[PP42] what has been resized already is left", () => {
    const container = makeContainer("main", { resources: { limits: { cpu: "1" } } });
    const main = running("main", { resources: "cpu=0/0 memory=0/0" });
    const view = {
      pod: makePod({ containers: [container] }),
      observed: observedPod([main]),
      probes: { liveness: () => undefined, startup: () => undefined },
    };
    expect(planPod({ ...view, resized: new Map([[main.id, resizable(makePod(), container)]]) })).toEqual([]);
    expect(planPod(view)).toMatchObject([
      { do: "resizeContainer", resources: "cpu=1000/1000 memory=0/0" },
      { do: "resizePod" },
    ]);
  });

  it("[PP38] says why it kills", () => {
    const actions = plan({ name: "", containers: [running("main")], liveness: "failure", plan: [] });
    expect(actions[0]).toMatchObject({
      reason: "livenessProbe",
      message: "Container main failed liveness probe, will be restarted",
    });
  });
});
