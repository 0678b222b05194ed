import { expect, it } from "vitest";
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { podUsage } from "./pod-usage.ts";

const container = (cpu: string, more: object = {}) => ({ name: "c", resources: { requests: { cpu } }, ...more });
const pod = (spec: object, status: object = {}): KubeObject =>
  ({ apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec, status }) as unknown as KubeObject;
const has = (cpu: string, allocated: string) => ({
  name: "c",
  resources: { requests: { cpu }, limits: { cpu: "7" } },
  allocatedResources: { cpu: allocated },
});
const infeasible = { conditions: [{ type: "PodResizePending", status: "True", reason: "Infeasible" }] };

it.each([
  { name: "[QP1] what containers ask for together", spec: { containers: [container("1"), container("2")] }, cpu: "3" },
  {
    name: "[QP2] an init container counts where it is more, a sidecar always",
    spec: {
      containers: [container("1")],
      initContainers: [container("1", { restartPolicy: "Always" }), container("4")],
    },
    cpu: "5",
  },
  { name: "[QP3] and the overhead", spec: { containers: [container("1")], overhead: { cpu: "250m" } }, cpu: "1250m" },
  {
    name: "[QP4] what the pod as a whole asks for stands above its containers",
    spec: { containers: [container("1")], resources: { requests: { cpu: "5" } } },
    cpu: "5",
  },
  {
    name: "[QP5] a container being made smaller counts for what it has",
    spec: { containers: [container("1")] },
    status: { containerStatuses: [has("3", "3")] },
    cpu: "3",
  },
  {
    name: "[QP6] one being made larger for what it will have",
    spec: { containers: [container("4")] },
    status: { containerStatuses: [has("3", "2")] },
    cpu: "4",
  },
  {
    name: "[QP7] what will never be had does not count",
    spec: { containers: [container("9")] },
    status: { containerStatuses: [has("3", "3")], ...infeasible },
    cpu: "3",
  },
  {
    name: "[QP8] a pod being made smaller as a whole counts for what it has",
    spec: { containers: [container("1")], resources: { requests: { cpu: "2" } } },
    status: has("5", "4"),
    cpu: "5",
  },
  {
    name: "[QP9] nor as a whole for what it will never have",
    spec: { containers: [container("1")], resources: { requests: { cpu: "9" } } },
    status: { ...has("3", "4"), ...infeasible },
    cpu: "4",
  },
  {
    name: "[QP10] one that is over for nothing but itself",
    spec: { containers: [container("1")] },
    status: { phase: "Succeeded" },
    cpu: undefined,
  },
])("$name", ({ spec, status, cpu }) => {
  const usage = podUsage(pod(spec, status));
  expect([usage.cpu, usage["requests.cpu"]]).toEqual([cpu, cpu]);
  expect(usage["count/pods"]).toBe("1");
});
