/** What the scheduler writes beside bindings: events and the PodScheduled condition. */
import { formatMicroTime, formatTime } from "../../machinery/clock.ts";
import type { WriteOp } from "../../machinery/cluster/contract.ts";
import type { CachedPod, PendingPod, QueuedPod, ScheduledCondition } from "./queued-pod.ts";

export const ACTOR = "system:kube-scheduler";
const FIELD_MANAGER = "kube-scheduler";
/** An unchanged reason is told again after this time, so that it does not age away (events live an hour). */
const TELL_AGAIN_MS = 5 * 60_000;

export const OPTIONS = { fieldManager: FIELD_MANAGER, returns: "metadata" } as const;

export interface EventText {
  type: "Normal" | "Warning";
  reason: "Scheduled" | "FailedScheduling" | "Preempted" | "BindingConditionsPending";
  action: "Binding" | "Scheduling" | "Preempting";
  message: string;
}

/** events.k8s.io keeps notes to 1 KiB. */
const MAX_NOTE_BYTES = 1024;

const cut = (text: string): string => (text.length > MAX_NOTE_BYTES ? text.slice(0, MAX_NOTE_BYTES) : text);

export class EventNames {
  #sequence = 0;

  /** Upstream's names end in the nanosecond; ours are counted up within a millisecond. */
  next(podName: string, nowMs: number): string {
    const suffix = (BigInt(nowMs) * 1_000_000n + BigInt(this.#sequence++ % 1_000_000)).toString(16);
    return `${podName.slice(0, 230)}.${suffix}`;
  }
}

export function eventOp(
  pod: PendingPod,
  text: EventText,
  { eventName, nowMs }: { eventName: string; nowMs: number },
): WriteOp {
  const { schedulerName } = pod.pending.podClass.shape;
  return eventAbout(pod, text, { eventName, nowMs, schedulerName });
}

/** Tells a pod's owner that it had to go, and for whom. */
export function preemptedEventOp(
  victim: CachedPod,
  { message, preemptor }: { message: string; preemptor: CachedPod },
  { names, nowMs, profile }: { names: EventNames; nowMs: number; profile: { schedulerName: string } },
): WriteOp {
  const text = { type: "Normal", reason: "Preempted", action: "Preempting", message } as const;
  const eventName = names.next(victim.metadata.name ?? "", nowMs);
  const { schedulerName } = profile;
  return eventAbout(victim, text, { eventName, nowMs, schedulerName, related: referenceTo(preemptor) });
}

function referenceTo({ metadata: { namespace = "", name = "", uid = "", resourceVersion } }: CachedPod): object {
  return { kind: "Pod", namespace, name, uid, apiVersion: "v1", ...(resourceVersion && { resourceVersion }) };
}

function eventAbout(
  pod: CachedPod,
  text: EventText,
  {
    eventName,
    nowMs,
    schedulerName,
    related,
  }: { eventName: string; nowMs: number; schedulerName: string; related?: object },
): WriteOp {
  const { namespace = "" } = pod.metadata;
  return {
    verb: "create",
    resource: "events",
    namespace,
    options: OPTIONS,
    object: {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: eventName, namespace },
      involvedObject: referenceTo(pod),
      ...(related && { related }),
      type: text.type,
      reason: text.reason,
      action: text.action,
      message: cut(text.message),
      eventTime: formatMicroTime(nowMs),
      firstTimestamp: null,
      lastTimestamp: null,
      source: {},
      reportingComponent: schedulerName,
      reportingInstance: `${schedulerName}-kedge`,
    },
  };
}

/** Tells why a pod waits: once for each reason, then now and then as a series. Remembers on `queued` what was told. */
export function failureEventOp(
  queued: QueuedPod,
  message: string,
  { names, nowMs }: { names: EventNames; nowMs: number },
): WriteOp | undefined {
  const { pod, told } = queued;
  const { namespace = "", name = "" } = pod.metadata;
  if (told?.message !== message) {
    const eventName = names.next(name, nowMs);
    queued.told = { eventName, message, count: 1, atMs: nowMs };
    const text = { type: "Warning", reason: "FailedScheduling", action: "Scheduling", message } as const;
    return eventOp(pod, text, { eventName, nowMs });
  }
  told.count++;
  if (nowMs - told.atMs < TELL_AGAIN_MS) return undefined;
  told.atMs = nowMs;
  return {
    verb: "patch",
    resource: "events",
    namespace,
    name: told.eventName,
    patchType: "merge",
    patch: { series: { count: told.count, lastObservedTime: formatMicroTime(nowMs) } },
    options: OPTIONS,
  };
}

/**
 * Sets PodScheduled to False, and the node the pod is nominated to ("": none); undefined when the pod's status says so
 * already.
 */
export function conditionOp(
  { metadata, pending }: PendingPod,
  condition: Omit<ScheduledCondition, "status">,
  { nowMs, nominatedNode }: { nowMs: number; nominatedNode: string },
): WriteOp | undefined {
  const was = pending.condition;
  const isTold = was?.status === "False" && was.reason === condition.reason && was.message === condition.message;
  const isNominated = pending.nominatedNode === nominatedNode;
  if (isTold && isNominated) return undefined;
  const conditions = [
    {
      type: "PodScheduled",
      status: "False",
      ...condition,
      ...(pending.generation && { observedGeneration: pending.generation }),
      ...(was?.status !== "False" && { lastTransitionTime: formatTime(nowMs) }),
    },
  ];
  return podStatusOp(metadata, {
    ...(!isTold && { conditions }),
    ...(!isNominated && { nominatedNodeName: nominatedNode === "" ? null : nominatedNode }),
  });
}

/** Says in a pod's status which node it is to go to. */
export const nominationOp = ({ metadata }: PendingPod, nodeName: string): WriteOp =>
  podStatusOp(metadata, { nominatedNodeName: nodeName });

/** Changes a pod's status; not that of a pod of the same name made since. */
export const podStatusOp = (
  { namespace = "", name = "", uid }: { namespace?: string; name?: string; uid?: string },
  status: { readonly [field: string]: unknown },
): WriteOp => ({
  verb: "patch",
  resource: "pods",
  namespace,
  name,
  subresource: "status",
  patchType: "strategic",
  patch: { status },
  options: { ...OPTIONS, ...(uid && { preconditions: { uid } }) },
});
