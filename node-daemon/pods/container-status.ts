/** Runtime containers → containerStatuses as the kubelet writes them. Pure. */
import type { Container, ContainerState, ContainerStatus } from "../../kinds/core/v1-types.ts";
import { formatTime } from "../../machinery/clock.ts";
import type { ObservedContainer, ObservedPod } from "./observed.ts";
import type { AnyContainer, ContainerKind, NodePod } from "./pod.ts";
import { hasOtherResources } from "./resize.ts";
import { shouldRestart } from "./restart-policy.ts";

/** Why a container could not be started, until it could: "ErrImagePull", "CrashLoopBackOff", … */
export interface StartFailure {
  reason: string;
  message: string;
}

export interface StatusView {
  pod: NodePod;
  observed: ObservedPod;
  /** By container name. */
  failures: ReadonlyMap<string, StartFailure>;
  /** Mounts can be read-only with all that is mounted below them. */
  recursiveReadOnly?: boolean;
  /** What running containers have been resized to since they were made, by id. */
  resized?: ReadonlyMap<string, string>;
  /** Names of containers that are gone because the whole pod restarts. */
  reset?: ReadonlySet<string>;
}

const RUNTIME_PREFIX = "containerd://";

export const containerIdOf = (id: string): string => `${RUNTIME_PREFIX}${id}`;

/** The runtime's id in a status' containerID. */
export const runtimeId = (containerId: string | undefined): string | undefined =>
  containerId?.startsWith(RUNTIME_PREFIX) ? containerId.slice(RUNTIME_PREFIX.length) : undefined;

export function containerStatuses(
  view: StatusView,
  kind: ContainerKind,
  containers: AnyContainer[],
): ContainerStatus[] {
  const { pod } = view;
  const old = {
    init: pod.status?.initContainerStatuses,
    regular: pod.status?.containerStatuses,
    ephemeral: pod.status?.ephemeralContainerStatuses,
  }[kind];
  const before = new Map((old ?? []).map((status) => [status.name, status]));
  return containers.map((container) => statusOf(view, { container, kind, before: before.get(container.name) }));
}

function statusOf(
  view: StatusView,
  { container, kind, before }: { container: AnyContainer; kind: ContainerKind; before: ContainerStatus | undefined },
): ContainerStatus {
  const { pod, observed } = view;
  const [last, previous] = observed.containers.filter(({ name }) => name === container.name);
  const status = last
    ? fromRuntime(container, last, { before, view })
    : unseen(pod, container, { before, isReset: view.reset?.has(container.name) ?? false });
  Object.assign(status, mountsOf(container, view));
  const previousState = previous && stateOf(previous);
  if (previousState?.terminated) status.lastState = previousState;
  else if (last && before?.lastState?.terminated && isNext(last, before)) {
    // The one before is gone from the runtime, but its end has been told.
    status.lastState = before.lastState;
  }
  return withFailure(view, { container, kind, status });
}

/** The instance a status is about, or the one after the end it tells of. */
const isNext = ({ restartCount }: ObservedContainer, before: ContainerStatus): boolean =>
  before.restartCount === restartCount ||
  (before.state?.waiting !== undefined && before.restartCount + 1 === restartCount);

function fromRuntime(
  container: AnyContainer,
  last: ObservedContainer,
  { before, view: { pod, resized } }: { before: ContainerStatus | undefined; view: StatusView },
): ContainerStatus {
  const containerID = containerIdOf(last.id);
  const state =
    last.state === "unknown" && before?.state?.running
      ? {
          terminated: {
            exitCode: 137,
            reason: "ContainerStatusUnknown",
            message: "The container could not be located when the pod was terminated",
          },
        }
      : stateOf(last);
  const { resources: wanted } = container as Container;
  // What it has, while what it was granted has not been given.
  const isBehind =
    last.state === "running" &&
    before?.containerID === containerID &&
    hasOtherResources(pod, { container: container as Container, last, given: resized });
  const resources = isBehind ? before.resources : wanted;
  return {
    name: container.name,
    state,
    lastState: {},
    ready: false,
    restartCount: last.restartCount,
    image: last.image,
    imageID: last.imageRef,
    containerID,
    ...(wanted?.requests && { allocatedResources: wanted.requests }),
    ...(resources && { resources: withoutClaims(resources) }),
    ...(last.user && { user: { linux: last.user } }),
    ...(last.stopSignal && { stopSignal: last.stopSignal as NonNullable<ContainerStatus["stopSignal"]> }),
  };
}

const withoutClaims = ({
  requests,
  limits,
}: NonNullable<Container["resources"]>): NonNullable<Container["resources"]> => ({
  ...(limits && { limits }),
  ...(requests && { requests }),
});

function mountsOf(
  { volumeMounts }: AnyContainer,
  { recursiveReadOnly = false }: StatusView,
): Pick<ContainerStatus, "volumeMounts"> {
  if (!volumeMounts || volumeMounts.length === 0) return {};
  return {
    volumeMounts: volumeMounts.map(({ name, mountPath, readOnly, recursiveReadOnly: mode }) => ({
      name,
      mountPath,
      ...(readOnly && {
        readOnly,
        recursiveReadOnly: recursiveReadOnly && (mode === "Enabled" || mode === "IfPossible") ? "Enabled" : "Disabled",
      }),
    })),
  };
}

function stateOf(container: ObservedContainer): ContainerState {
  const { state, id, startedAtMs, finishedAtMs, exitCode, reason, message } = container;
  if (state === "running") return { running: { startedAt: formatTime(startedAtMs) } };
  if (state === "created") return { waiting: {} };
  if (state === "unknown") return { waiting: { reason: "ContainerCreating" } };
  return {
    terminated: {
      exitCode,
      ...(reason && { reason }),
      ...(message && { message }),
      // A container that failed to start has neither time.
      ...(startedAtMs > 0 && { startedAt: formatTime(startedAtMs) }),
      ...(finishedAtMs > 0 && { finishedAt: formatTime(finishedAtMs) }),
      containerID: containerIdOf(id),
    },
  };
}

/** The runtime has no instance: it was never made, or has been removed. */
function unseen(
  pod: NodePod,
  container: AnyContainer,
  { before, isReset }: { before: ContainerStatus | undefined; isReset: boolean },
): ContainerStatus {
  if (before?.state?.terminated && !isReset) return { ...before, ready: false };
  const reason = (pod.spec.initContainers ?? []).length > 0 ? "PodInitializing" : "ContainerCreating";
  const status: ContainerStatus = {
    name: container.name,
    state: { waiting: { reason } },
    lastState: before?.state?.terminated ? before.state : (before?.lastState ?? {}),
    ready: false,
    restartCount: before?.restartCount ?? 0,
    image: container.image ?? "",
    imageID: "",
  };
  if (before?.state?.running && !isReset && !status.lastState?.terminated) {
    status.lastState = {
      terminated: {
        exitCode: 137,
        reason: "ContainerStatusUnknown",
        message: "The container could not be located when the pod was deleted.  The container used to be Running",
      },
    };
    if (!pod.metadata.deletionTimestamp) status.restartCount += 1;
  }
  return status;
}

/** A container that should run but could not be started waits, with the reason. */
function withFailure(
  { pod, observed, failures }: StatusView,
  { container, kind, status }: { container: AnyContainer; kind: ContainerKind; status: ContainerStatus },
): ContainerStatus {
  const failure = failures.get(container.name);
  if (!failure) return status;
  if (kind === "init" && status.state?.terminated?.exitCode === 0 && !("restartPolicy" in container)) return status;
  if (!shouldRestart(pod, container, observed)) return status;
  return {
    ...status,
    ...(status.state?.terminated && { lastState: status.state }),
    state: { waiting: { reason: failure.reason, message: failure.message } },
  };
}
