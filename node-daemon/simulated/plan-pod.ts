/**
 * The life of a pod that runs in name only: what becomes of it next, and when. Pure.
 *
 * starting → running → ended, or running for ever; from anywhere, once it is asked to go, → gone. A container whose
 * start or run has failed and that is to be restarted is crashing for a while before it runs again.
 */
import type { Container, ContainerStatus, Pod, PodCondition, PodStatus } from "../../kinds/core/v1-types.ts";
import { formatTime } from "../../machinery/clock.ts";
import type { Range, SimulationConfig } from "./config.ts";

/** Annotations by which a pod says how it is to go, instead of the configuration. */
export const RUN_MS_ANNOTATION = "kedge.dev/simulated-run-ms";
export const START_MS_ANNOTATION = "kedge.dev/simulated-start-ms";
/** From 0 to 1: the share of runs that fail. */
export const FAILURE_ANNOTATION = "kedge.dev/simulated-failure-rate";

export type Behaviour = Pick<SimulationConfig, "startMs" | "runMs" | "stopMs" | "startFailureRate" | "runFailureRate">;

/** What is kept of a Pod object. */
export interface SeenPod {
  apiVersion: string;
  kind: string;
  metadata: Pod["metadata"];
  spec: {
    nodeName: string;
    restartPolicy: NonNullable<Pod["spec"]["restartPolicy"]>;
    terminationGracePeriodSeconds: number;
    hostNetwork: boolean;
    containers: readonly SeenContainer[];
    initContainers: readonly SeenContainer[];
  };
  status: { phase: string | undefined; conditions: readonly PodCondition[]; podIP: string | undefined };
}

export interface SeenContainer {
  name: string;
  image: string;
  isSidecar: boolean;
}

export function seePod({ metadata, spec, status }: Pod): SeenPod {
  const see = ({ name, image = "", restartPolicy }: Container): SeenContainer => ({
    name,
    image,
    isSidecar: restartPolicy === "Always",
  });
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) => key.startsWith("kedge.dev/"));
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...pick(metadata, "name", "namespace", "uid", "resourceVersion", "generation"),
      ...pick(metadata, "deletionTimestamp", "deletionGracePeriodSeconds", "finalizers"),
      ...(annotations.length > 0 && { annotations: Object.fromEntries(annotations) }),
    },
    spec: {
      nodeName: spec.nodeName ?? "",
      restartPolicy: spec.restartPolicy ?? "Always",
      terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds ?? 30,
      hostNetwork: spec.hostNetwork ?? false,
      containers: spec.containers.map(see),
      initContainers: (spec.initContainers ?? []).map(see),
    },
    status: { phase: status?.phase, conditions: status?.conditions ?? [], podIP: status?.podIP },
  };
}

function pick<T extends object, K extends keyof T>(from: T, ...keys: K[]): Partial<Pick<T, K>> {
  const picked: Partial<Pick<T, K>> = {};
  for (const key of keys) if (from[key] !== undefined) picked[key] = from[key];
  return picked;
}

export type Stage = "starting" | "running" | "crashing" | "ended";

/** Where a pod is in its life. */
export interface Life {
  stage: Stage;
  startedMs: number;
  restarts: number;
  exitCode: number;
}

export type Step =
  | { do: "tell"; life: Life; afterMs: number }
  /** It is asked to go: away with it. */
  | { do: "remove"; afterMs: number }
  | { do: "nothing" };

const FIRST_BACKOFF_MS = 10_000;
const MAX_BACKOFF_MS = 300_000;

/**
 * What happens to a pod next.
 *
 * @param life as last told to the API; undefined: it has just been seen
 * @param random in [0, 1)
 */
export function nextStep(
  pod: SeenPod,
  life: Life | undefined,
  { behaviour, random, nowMs }: { behaviour: Behaviour; random: () => number; nowMs: number },
): Step {
  const { metadata, spec, status } = pod;
  const isOver = life?.stage === "ended" || status.phase === "Succeeded" || status.phase === "Failed";
  if (metadata.deletionTimestamp) {
    const graceMs = 1_000 * (metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds);
    return { do: "remove", afterMs: isOver ? 0 : Math.min(graceMs, within(behaviour.stopMs, random)) };
  }
  if (isOver) return { do: "nothing" };
  const start = (from: Life | undefined, afterMs: number): Step => {
    const fails = random() < behaviour.startFailureRate;
    const restarts = from?.restarts ?? 0;
    const startedMs = nowMs + afterMs;
    if (!fails) return { do: "tell", afterMs, life: { stage: "running", startedMs, restarts, exitCode: 0 } };
    if (spec.restartPolicy === "Never") {
      return { do: "tell", afterMs, life: { stage: "ended", startedMs, restarts, exitCode: 1 } };
    }
    return { do: "tell", afterMs, life: { stage: "crashing", startedMs, restarts: restarts + 1, exitCode: 1 } };
  };
  if (!life) {
    // Running already when we came: it goes on from here.
    if (status.phase === "Running") return end(pod, behaviour, { random, nowMs, restarts: 0 });
    const given = numberOf(metadata.annotations?.[START_MS_ANNOTATION]);
    return start(undefined, given ?? within(behaviour.startMs, random));
  }
  if (life.stage === "crashing") {
    return start(life, Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (life.restarts - 1)));
  }
  return end(pod, behaviour, { random, nowMs, restarts: life.restarts });
}

/** How a run ends, if it does. */
function end(
  { metadata, spec }: SeenPod,
  behaviour: Behaviour,
  { random, nowMs, restarts }: { random: () => number; nowMs: number; restarts: number },
): Step {
  const { [RUN_MS_ANNOTATION]: runMs, [FAILURE_ANNOTATION]: failureRate } = metadata.annotations ?? {};
  const afterMs = numberOf(runMs) ?? (spec.restartPolicy === "Always" ? undefined : within(behaviour.runMs, random));
  if (afterMs === undefined) return { do: "nothing" };
  const fails = random() < (numberOf(failureRate) ?? behaviour.runFailureRate);
  const startedMs = nowMs;
  const isRestarted = spec.restartPolicy === "Always" || (fails && spec.restartPolicy === "OnFailure");
  const exitCode = fails ? 1 : 0;
  if (!isRestarted) return { do: "tell", afterMs, life: { stage: "ended", startedMs, restarts, exitCode } };
  return { do: "tell", afterMs, life: { stage: "crashing", startedMs, restarts: restarts + 1, exitCode } };
}

function numberOf(text: string | undefined): number | undefined {
  const number = text === undefined || text === "" ? Number.NaN : Number(text);
  return Number.isFinite(number) && number >= 0 ? number : undefined;
}

const within = ({ least, most }: Range, random: () => number): number =>
  least + Math.floor(random() * (most - least + 1));

/**
 * The pod's status at a point of its life, as kubelet would write it.
 *
 * @param podIp undefined: the pod has the node's network
 */
export function statusOf(
  pod: SeenPod,
  life: Life,
  { podIp, nowMs }: { podIp: string | undefined; nowMs: number },
): PodStatus {
  const { stage, exitCode } = life;
  const isReady = stage === "running";
  const phase = stage === "ended" ? (exitCode === 0 ? "Succeeded" : "Failed") : "Running";
  const { generation } = pod.metadata;
  return {
    phase,
    ...(generation !== undefined && { observedGeneration: generation }),
    startTime: formatTime(Math.min(life.startedMs, nowMs)),
    conditions: conditionsOf(pod, { isReady, phase }, nowMs),
    ...(podIp && { podIP: podIp, podIPs: [{ ip: podIp }] }),
    ...(pod.spec.initContainers.length > 0 && {
      initContainerStatuses: pod.spec.initContainers.map((container) =>
        container.isSidecar
          ? containerStatus(pod, container, life, nowMs)
          : containerStatus(pod, container, { ...life, stage: "ended", restarts: 0, exitCode: 0 }, nowMs),
      ),
    }),
    containerStatuses: pod.spec.containers.map((container) => containerStatus(pod, container, life, nowMs)),
  } as PodStatus;
}

function containerStatus(pod: SeenPod, { name, image }: SeenContainer, life: Life, nowMs: number): ContainerStatus {
  const { stage, restarts, exitCode, startedMs } = life;
  const containerID = `simulated://${pod.metadata.uid}-${name}-${restarts}`;
  const reason = exitCode === 0 ? "Completed" : "Error";
  const terminated = { exitCode, reason, startedAt: formatTime(startedMs), finishedAt: formatTime(nowMs), containerID };
  const isRunning = stage === "running";
  return {
    name,
    image,
    imageID: `simulated://${image}`,
    containerID,
    restartCount: restarts,
    ready: isRunning || (stage === "ended" && exitCode === 0),
    started: isRunning,
    state: isRunning
      ? { running: { startedAt: formatTime(startedMs) } }
      : stage === "ended"
        ? { terminated }
        : { waiting: { reason: "CrashLoopBackOff", message: `back-off restarting failed container ${name}` } },
    lastState: restarts > 0 && stage !== "ended" ? { terminated } : {},
  };
}

function conditionsOf(
  { metadata, status }: SeenPod,
  { isReady, phase }: { isReady: boolean; phase: string },
  nowMs: number,
): PodCondition[] {
  const unready =
    phase === "Running"
      ? { reason: "ContainersNotReady" }
      : { reason: phase === "Succeeded" ? "PodCompleted" : "PodFailed" };
  const wanted: (Pick<PodCondition, "type" | "status"> & { reason?: string })[] = [
    { type: "PodReadyToStartContainers", status: phase === "Running" ? "True" : "False" },
    { type: "Initialized", status: "True", ...(phase === "Succeeded" && { reason: "PodCompleted" }) },
    { type: "Ready", status: isReady ? "True" : "False", ...(!isReady && unready) },
    { type: "ContainersReady", status: isReady ? "True" : "False", ...(!isReady && unready) },
    { type: "PodScheduled", status: "True" },
  ];
  const { generation } = metadata;
  return wanted.map((condition) => {
    const before = status.conditions.find(({ type }) => type === condition.type);
    const isSame = before?.status === condition.status && before.lastTransitionTime;
    return {
      ...condition,
      lastTransitionTime: isSame || formatTime(nowMs),
      ...(generation !== undefined && { observedGeneration: generation }),
    };
  });
}
