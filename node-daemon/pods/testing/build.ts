/** Builders of pods and of what the runtime has, for tests. */
import type { Container, PodSpec, PodStatus } from "../../../kinds/core/v1-types.ts";
import type { SandboxStatus } from "../../runtime/runtime.ts";
import { containerHash } from "../labels.ts";
import type { ObservedContainer, ObservedPod } from "../observed.ts";
import type { NodePod } from "../pod.ts";

export const UID = "11111111-2222-3333-4444-555555555555";

export const makeContainer = (name: string, fields: Partial<Container> = {}): Container => ({
  name,
  image: "busybox:1",
  imagePullPolicy: "IfNotPresent",
  ...fields,
});

export function makePod(
  spec: Partial<PodSpec> = {},
  fields: { metadata?: Partial<NodePod["metadata"]>; status?: PodStatus } = {},
): NodePod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", namespace: "default", uid: UID, generation: 1, ...fields.metadata },
    spec: { restartPolicy: "Always", nodeName: "node-1", containers: [makeContainer("main")], ...spec },
    ...(fields.status && { status: fields.status }),
  };
}

export const makeSandbox = (fields: Partial<SandboxStatus> = {}): SandboxStatus => ({
  id: `sandbox-${fields.attempt ?? 0}`,
  name: "web",
  namespace: "default",
  uid: UID,
  attempt: 0,
  ready: true,
  createdAtMs: 1_000,
  labels: {},
  annotations: {},
  ips: ["10.0.0.5"],
  ...fields,
});

let number = 0;

/** Exited with code 0 unless told otherwise. */
export const makeObserved = (name: string, fields: Partial<ObservedContainer> = {}): ObservedContainer => ({
  id: `${name}-${++number}`,
  sandboxId: "sandbox-0",
  name,
  attempt: fields.restartCount ?? 0,
  state: "exited",
  createdAtMs: 2_000,
  startedAtMs: 3_000,
  finishedAtMs: fields.state === "running" ? 0 : 4_000,
  exitCode: 0,
  reason: fields.state === "running" ? "" : fields.exitCode ? "Error" : "Completed",
  message: "",
  image: "busybox:1",
  imageRef: "sha256:busybox",
  hash: containerHash({ name, image: "busybox:1" } as Container),
  restartCount: 0,
  gracePeriodSeconds: 30,
  resources: "",
  logPath: "",
  ...fields,
});

export const observedPod = (
  containers: ObservedContainer[],
  sandboxes: SandboxStatus[] = [makeSandbox()],
): ObservedPod => ({ uid: UID, namespace: "default", name: "web", sandboxes, containers });
