/** Decides what a pod needs from the runtime now. Pure; the rules are kubelet's computePodActions. */
import type { Container } from "../../kinds/core/v1-types.ts";
import { containerHash } from "./labels.ts";
import { latest, type ObservedContainer, type ObservedPod } from "./observed.ts";
import { type AnyContainer, type ContainerKind, isSidecar, type NodePod, usesHostNetwork } from "./pod.ts";
import { hasOtherResources, podHasOtherResources } from "./resize.ts";
import { resizable, resizeRestarts } from "./resources.ts";
import { initFailed, podRestartsOnFailure, policyOf, restartAllTrigger, shouldRestart } from "./restart-policy.ts";

export type ProbeVerdict = "success" | "failure" | "unknown";

export type KillReason = "livenessProbe" | "startupProbe" | "changed" | "resized" | "unknown";

export type PodAction =
  /** Stop all containers and sandboxes. Comes first, alone or before createSandbox. */
  | { do: "killPod" }
  | { do: "killContainer"; id: string; name: string; reason: KillReason; message: string }
  /** New limits for a container that goes on. */
  | { do: "resizeContainer"; id: string; name: string; resources: string }
  /** New limits for the pod as a whole. */
  | { do: "resizePod" }
  | { do: "createSandbox"; attempt: number }
  /** Stop all containers at once and forget them, so that all begin anew in the same sandbox. */
  | { do: "restartAll"; trigger: string }
  | { do: "startContainer"; kind: ContainerKind; name: string };

/** Verdicts of a container's probes; undefined: no such probe, or it has not run yet. */
export interface ProbeVerdicts {
  liveness(containerId: string): ProbeVerdict | undefined;
  startup(containerId: string): ProbeVerdict | undefined;
}

export interface PodView {
  pod: NodePod;
  observed: ObservedPod;
  probes: ProbeVerdicts;
  /** What running containers have been resized to since they were made, by id. */
  resized?: ReadonlyMap<string, string>;
}

interface Plan {
  killPod: boolean;
  /** In the order of pod.spec.initContainers, as names. */
  initToStart: string[];
  toStart: string[];
  toKill: PodAction[];
  toResize: PodAction[];
}

export function planPod(view: PodView): PodAction[] {
  const { pod, observed } = view;
  const sandbox = sandboxNeeded(pod, observed);
  if (sandbox) return planNewSandbox(view, sandbox.attempt);

  const trigger = restartAllTrigger(pod, observed);
  if (trigger) return [{ do: "restartAll", trigger: trigger.name }];

  const plan: Plan = { killPod: false, initToStart: [], toStart: [], toKill: [], toResize: [] };
  const ephemeral = (pod.spec.ephemeralContainers ?? []).filter(({ name }) => !latest(observed, name));
  const initialized = planInit(view, plan);
  if (initialized && !plan.killPod) planRegular(view, plan);
  if (plan.killPod) return [{ do: "killPod" }];
  // After containers that shrink, as the pod's limit must not be below theirs; before those that grow and start anew.
  const resizes =
    plan.toResize.length > 0 ||
    plan.toKill.some((kill) => kill.do === "killContainer" && kill.reason === "resized") ||
    podHasOtherResources(pod, view.resized);
  return [
    ...plan.toKill,
    ...plan.toResize,
    ...(resizes ? [{ do: "resizePod" } as const] : []),
    ...starts("ephemeral", ephemeral),
    ...plan.initToStart.map((name): PodAction => ({ do: "startContainer", kind: "init", name })),
    ...plan.toStart.map((name): PodAction => ({ do: "startContainer", kind: "regular", name })),
  ];
}

/** Whether the pod has no usable sandbox, and which attempt the next one is. */
export function sandboxNeeded(pod: NodePod, { sandboxes }: ObservedPod): { attempt: number } | undefined {
  const [newest] = sandboxes;
  if (!newest) return { attempt: 0 };
  const next = { attempt: newest.attempt + 1 };
  if (!newest.ready || sandboxes.filter(({ ready }) => ready).length > 1) return next;
  if (!usesHostNetwork(pod) && newest.ips.length === 0) return next;
  return undefined;
}

const starts = (kind: ContainerKind, containers: readonly AnyContainer[]): PodAction[] =>
  containers.map(({ name }) => ({ do: "startContainer", kind, name }));

function planNewSandbox({ pod, observed }: PodView, attempt: number): PodAction[] {
  const kill: PodAction = { do: "killPod" };
  // Whatever ran in the old sandbox is over; a pod that never restarts is then done.
  if (!podRestartsOnFailure(pod) && attempt !== 0 && observed.containers.length > 0) return [kill];
  const wanted = pod.spec.containers.filter((container) => {
    const last = latest(observed, container.name);
    return !(policyOf(pod, container) === "OnFailure" && last?.state === "exited" && last.exitCode === 0);
  });
  if (wanted.length === 0 && pod.spec.containers.some(({ name }) => latest(observed, name))) return [kill];

  const [firstInit] = pod.spec.initContainers ?? [];
  return [
    ...(observed.sandboxes.length > 0 || observed.containers.length > 0 ? [kill] : []),
    { do: "createSandbox", attempt },
    ...(firstInit ? starts("init", [firstInit]) : starts("regular", wanted)),
  ];
}

/**
 * Init containers run one after the other; a sidecar counts as done once started. Walks them from the last to the
 * first, so that the furthest one that has run tells where initialization stands.
 *
 * @returns whether the pod is initialized
 */
function planInit({ pod, observed, probes, resized }: PodView, plan: Plan): boolean {
  const containers = pod.spec.initContainers ?? [];
  if (containers.length === 0) return true;

  // Init containers that ended long ago may be gone from the runtime: a regular container that runs proves they did.
  let initialized = pod.spec.containers.some(({ name }) => {
    const last = latest(observed, name);
    return last !== undefined && last.state !== "exited";
  });
  let previousDone = initialized;
  const start = (container: Container | undefined): void => {
    if (container) plan.initToStart.unshift(container.name);
  };

  for (let i = containers.length - 1; i >= 0; i--) {
    const container = containers[i] as Container;
    const last = latest(observed, container.name);
    const sidecar = isSidecar(container);
    if (!last) {
      if (previousDone && sidecar) start(container);
      continue;
    }
    if (previousDone && !sidecar) continue;

    const isLast = i === containers.length - 1;
    const done = (): void => {
      if (isLast) initialized = true;
      else if (!previousDone) start(containers[i + 1]);
    };
    switch (last.state) {
      case "created":
        break;
      case "running":
        if (sidecar)
          planRunningSidecar({ pod, container, last, probes, resized, plan, done, restart: () => start(container) });
        break;
      case "exited":
        if (sidecar) start(container);
        else if (!initFailed(last)) done();
        else if (!shouldRestart(pod, container, observed)) {
          plan.killPod = true;
          plan.initToStart = [];
          return false;
        } else start(container);
        break;
      default:
        if (!sidecar && !podRestartsOnFailure(pod)) {
          plan.killPod = true;
          plan.initToStart = [];
          return false;
        }
        plan.toKill.push(
          killOf(last, "unknown", `Init container is in "unknown" state, try killing it before restart`),
        );
        start(container);
    }
    previousDone = true;
  }
  if (!previousDone) start(containers[0]);
  return initialized;
}

interface RunningSidecar {
  pod: NodePod;
  container: Container;
  last: ObservedContainer;
  probes: ProbeVerdicts;
  resized: PodView["resized"];
  plan: Plan;
  /** Goes on to the next init container. */
  done(): void;
  restart(): void;
}

function planRunningSidecar({ pod, container, last, probes, resized, plan, done, restart }: RunningSidecar): void {
  if (container.startupProbe) {
    const startup = probes.startup(last.id);
    if (startup === "failure") {
      plan.toKill.push(killOf(last, "startupProbe", `Init container ${container.name} failed startup probe`));
      restart();
    }
    if (startup !== "success") return;
  }
  done();
  if (container.livenessProbe && probes.liveness(last.id) === "failure") {
    plan.toKill.push(killOf(last, "livenessProbe", `Init container ${container.name} failed liveness probe`));
    restart();
    return;
  }
  const resize = resizeOf({ pod, resized }, container, last);
  if (resize?.restarts) {
    const { reason, message } = resizeRestart(container);
    plan.toKill.push(killOf(last, reason, message));
    restart();
  } else if (resize) {
    plan.toResize.push({ do: "resizeContainer", id: last.id, name: last.name, resources: resize.to });
  }
}

function planRegular({ pod, observed, probes, resized }: PodView, plan: Plan): void {
  let kept = 0;
  for (const container of pod.spec.containers) {
    const last = latest(observed, container.name);
    if (last?.state !== "running") {
      if (shouldRestart(pod, container, observed)) {
        plan.toStart.push(container.name);
        if (last?.state === "unknown") {
          plan.toKill.push(killOf(last, "unknown", `Container is in "unknown" state, try killing it before restart`));
        }
      }
      continue;
    }
    const resize = resizeOf({ pod, resized }, container, last);
    const why = killWhy(container, last, probes) ?? (resize?.restarts ? resizeRestart(container) : undefined);
    if (!why) {
      kept++;
      if (resize) plan.toResize.push({ do: "resizeContainer", id: last.id, name: last.name, resources: resize.to });
      continue;
    }
    // Its rules are about exit codes, of which a container that runs has none.
    const restart = why.reason === "changed" || why.reason === "resized" || policyOf(pod, container) !== "Never";
    if (restart) plan.toStart.push(container.name);
    const saysSo = restart && why.reason !== "resized";
    plan.toKill.push(killOf(last, why.reason, saysSo ? `${why.message}, will be restarted` : why.message));
  }
  if (kept === 0 && plan.toStart.length === 0) {
    plan.killPod = true;
    // Sidecars do not keep a pod alive.
    plan.initToStart = [];
  }
}

const resizeRestart = ({ name }: Container): { reason: "resized"; message: string } => ({
  reason: "resized",
  message: `Container ${name} resize requires restart`,
});

/** Whether a running container's resources are to change, and whether its policy wants a restart for that. */
function resizeOf(
  { pod, resized }: { pod: NodePod; resized: PodView["resized"] },
  container: Container,
  last: ObservedContainer,
): { to: string; restarts: boolean } | undefined {
  const from = resized?.get(last.id) ?? last.resources;
  const to = resizable(pod, container);
  return hasOtherResources(pod, { container, last, given: resized })
    ? { to, restarts: resizeRestarts(container, from, to) }
    : undefined;
}

function killWhy(
  container: Container,
  last: ObservedContainer,
  probes: ProbeVerdicts,
): { reason: KillReason; message: string } | undefined {
  if (last.hash !== "" && last.hash !== containerHash(container)) {
    return { reason: "changed", message: `Container ${container.name} definition changed` };
  }
  if (probes.liveness(last.id) === "failure") {
    return { reason: "livenessProbe", message: `Container ${container.name} failed liveness probe` };
  }
  if (probes.startup(last.id) === "failure") {
    return { reason: "startupProbe", message: `Container ${container.name} failed startup probe` };
  }
  return undefined;
}

const killOf = ({ id, name }: ObservedContainer, reason: KillReason, message: string): PodAction => ({
  do: "killContainer",
  id,
  name,
  reason,
  message,
});
