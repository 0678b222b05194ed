/** A pod as `kubectl get pods` shows it. Source: kubectl's documented STATUS column. */
import { age, type Cell, nameOf, since } from "../common/rows.ts";
import type { RowCondition } from "../kind.ts";
import { isSidecar } from "./pod-template/pod-resources.ts";
import type { ContainerState, ContainerStatus, Pod, PodStatus } from "./v1-types.ts";

const hasCondition = (status: PodStatus, type: string): boolean =>
  status.conditions?.some((condition) => condition.type === type && condition.status === "True") ?? false;

/** How an ended container is named: its reason, else its signal, else its exit code. */
function endedAs({ reason, signal, exitCode }: NonNullable<ContainerState["terminated"]>): string {
  if (reason) return reason;
  return signal ? `Signal:${signal}` : `ExitCode:${exitCode ?? 0}`;
}

const lastRestart = (status: ContainerStatus): string => status.lastState?.terminated?.finishedAt ?? "";

interface Tally {
  reason: string;
  ready: number;
  restarts: number;
  /** Timestamps of one format compare as text; "" for never. */
  lastRestart: string;
}

const later = (a: string, b: string): string => (a < b ? b : a);

/** Counts init containers; `initializing` says that one of them is not done and decides the reason. */
function tallyInit(pod: Pod, tally: Tally): { initializing: boolean; sidecars: Tally } {
  const sidecars: Tally = { reason: "", ready: 0, restarts: 0, lastRestart: "" };
  const specs = pod.spec.initContainers ?? [];
  const statuses = pod.status?.initContainerStatuses ?? [];
  for (const [i, status] of statuses.entries()) {
    const spec = specs.find((container) => container.name === status.name);
    const sidecar = spec !== undefined && isSidecar(spec);
    tally.restarts += status.restartCount ?? 0;
    tally.lastRestart = later(tally.lastRestart, lastRestart(status));
    if (sidecar) {
      sidecars.restarts += status.restartCount ?? 0;
      sidecars.lastRestart = later(sidecars.lastRestart, lastRestart(status));
    }
    const { terminated, waiting } = status.state ?? {};
    if (terminated?.exitCode === 0) continue;
    if (sidecar && status.started) {
      if (status.ready) tally.ready++;
      continue;
    }
    if (terminated) tally.reason = `Init:${endedAs(terminated)}`;
    else if (waiting?.reason && waiting.reason !== "PodInitializing") tally.reason = `Init:${waiting.reason}`;
    else tally.reason = `Init:${i}/${specs.length}`;
    return { initializing: true, sidecars };
  }
  return { initializing: false, sidecars };
}

function tallyMain(status: PodStatus, tally: Tally): void {
  let running = false;
  // From the last to the first, so that the first container's trouble is what shows.
  for (const container of (status.containerStatuses ?? []).toReversed()) {
    tally.restarts += container.restartCount ?? 0;
    tally.lastRestart = later(tally.lastRestart, lastRestart(container));
    const state = container.state ?? {};
    if (state.waiting?.reason) tally.reason = state.waiting.reason;
    else if (state.terminated) tally.reason = endedAs(state.terminated);
    else if (container.ready && state.running) {
      running = true;
      tally.ready++;
    }
  }
  if (tally.reason === "Completed" && running) {
    tally.reason = hasCondition(status, "Ready") ? "Running" : "NotReady";
  }
}

function summarize(pod: Pod): Tally {
  const status = pod.status ?? {};
  const tally: Tally = { reason: status.reason || status.phase || "", ready: 0, restarts: 0, lastRestart: "" };
  if (status.conditions?.some((c) => c.type === "PodScheduled" && c.reason === "SchedulingGated")) {
    tally.reason = "SchedulingGated";
  }
  const { initializing, sidecars } = tallyInit(pod, tally);
  if (!initializing || hasCondition(status, "Initialized")) {
    tally.restarts = sidecars.restarts;
    tally.lastRestart = sidecars.lastRestart;
    tallyMain(status, tally);
  }
  if (pod.metadata.deletionTimestamp) {
    if (status.reason === "NodeLost") tally.reason = "Unknown";
    else if (status.phase !== "Failed" && status.phase !== "Succeeded") tally.reason = "Terminating";
  }
  return tally;
}

function readinessGates({ spec, status }: Pod): string {
  const gates = spec.readinessGates ?? [];
  if (gates.length === 0) return "<none>";
  const met = gates.filter(
    (gate) => status?.conditions?.find((c) => c.type === gate.conditionType)?.status === "True",
  ).length;
  return `${met}/${gates.length}`;
}

export function podRow(pod: Pod, nowMs: number): Cell[] {
  const tally = summarize(pod);
  const total = (pod.spec.containers?.length ?? 0) + (pod.spec.initContainers?.filter(isSidecar).length ?? 0);
  const restarts =
    tally.restarts > 0 && tally.lastRestart
      ? `${tally.restarts} (${since(tally.lastRestart, nowMs)} ago)`
      : String(tally.restarts);
  return [
    nameOf(pod),
    `${tally.ready}/${total}`,
    tally.reason,
    restarts,
    age(pod, nowMs),
    pod.status?.podIPs?.[0]?.ip || pod.status?.podIP || "<none>",
    pod.spec.nodeName || "<none>",
    pod.status?.nominatedNodeName || "<none>",
    readinessGates(pod),
  ];
}

/** Of a pod that has run its course. */
export function podRowConditions({ status }: Pod): RowCondition[] {
  if (status?.phase === "Succeeded") return [completed("Succeeded", "The pod has completed successfully.")];
  return status?.phase === "Failed" ? [completed("Failed", "The pod failed.")] : [];
}

const completed = (reason: string, message: string): RowCondition => ({
  type: "Completed",
  status: "True",
  reason,
  message,
});
