/** Writes core/v1 Events to the API, in the background: nothing waits for one, and a lost one loses nothing else. */
import { type Clock, formatTime } from "../../machinery/clock.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { ApiCallError, type ApiClient, type Log } from "../contracts.ts";
import { EventCorrelator, type EventDecision } from "./event-correlator.ts";
import { containerFieldPath, type NodePod } from "./pod.ts";

export type EventType = "Normal" | "Warning";

export interface EventRecorder {
  pod(pod: NodePod, type: EventType, reason: string, message: string): void;
  container(pod: NodePod, container: string, event: { type: EventType; reason: string; message: string }): void;
  node(type: EventType, reason: string, message: string): void;
}

interface ObjectReference {
  apiVersion: string;
  kind: string;
  namespace?: string;
  name: string;
  uid: string;
  resourceVersion?: string;
  fieldPath?: string;
}

interface Told {
  about: ObjectReference;
  type: EventType;
  reason: string;
  message: string;
  atMs: number;
}

const MAX_WAITING = 1000;
const MAX_ATTEMPTS = 4;
const RETRY_MS = 5_000;
/** The API cuts longer messages. */
const MAX_MESSAGE = 1024;

export function createEventRecorder(options: {
  api: ApiClient;
  clock: Clock;
  log: Log;
  nodeName: string;
}): EventRecorder & { idle(): Promise<void> } {
  const { api, clock, log, nodeName } = options;
  const correlator = new EventCorrelator();
  const waiting: Told[] = [];
  let sequence = 0;
  let running: Promise<void> | undefined;

  const record = (about: ObjectReference, type: EventType, reason: string, message: string): void => {
    if (waiting.length >= MAX_WAITING) {
      log.debug("event dropped: too many are waiting", { reason });
      return;
    }
    waiting.push({ about, type, reason, message: message.slice(0, MAX_MESSAGE), atMs: clock.now() });
    running ??= drain().finally(() => {
      running = undefined;
    });
  };

  async function drain(): Promise<void> {
    for (let told = waiting.shift(); told; told = waiting.shift()) await send(told);
  }

  async function send(told: Told): Promise<void> {
    const { about, type, reason, message, atMs } = told;
    const subject = [about.kind, about.namespace, about.name, about.uid, about.apiVersion].join("/");
    const decision = correlator.decide({ subject, fieldPath: about.fieldPath ?? "", type, reason, message }, atMs);
    if (decision.do === "drop") return;
    for (let attempt = 1; ; attempt++) {
      try {
        await write(told, decision);
        return;
      } catch (error) {
        const code = error instanceof ApiCallError ? error.code : -1;
        const worthRetrying = code === 0 || code === 429 || code >= 500;
        if (!worthRetrying || attempt === MAX_ATTEMPTS) {
          log.debug("event not written", { reason: told.reason, error: String(error) });
          return;
        }
        await new Promise<void>((resolve) => clock.after(RETRY_MS, resolve));
      }
    }
  }

  async function write(
    { about, type, reason, atMs }: Told,
    decision: Extract<EventDecision, { do: "tell" }>,
  ): Promise<void> {
    const namespace = about.namespace ?? "default";
    const path = `/api/v1/namespaces/${namespace}/events`;
    if (decision.name !== undefined) {
      try {
        const change = { count: decision.count, lastTimestamp: formatTime(atMs), message: decision.message };
        await api.patch(`${path}/${decision.name}`, "merge", change);
        return;
      } catch (error) {
        // It expires an hour after it was written last; then it is told anew.
        if (!(error instanceof ApiCallError && error.code === 404)) throw error;
      }
    }
    // Nanoseconds in upstream; here milliseconds and a counter, which are as unique for one node.
    const name = `${about.name}.${(BigInt(atMs) * 1_000_000n + BigInt(sequence++ % 1_000_000)).toString(16)}`;
    const event = {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name, namespace },
      involvedObject: about,
      reason,
      message: decision.message,
      source: { component: "kubelet", host: nodeName },
      firstTimestamp: formatTime(decision.firstMs),
      lastTimestamp: formatTime(atMs),
      count: decision.count,
      type,
      eventTime: null,
      reportingComponent: "kubelet",
      reportingInstance: nodeName,
    };
    await api.create<KubeObject>(path, event);
    correlator.stored(decision.key, name);
  }

  const podReference = ({ metadata }: NodePod): ObjectReference => ({
    apiVersion: "v1",
    kind: "Pod",
    namespace: metadata.namespace,
    name: metadata.name,
    uid: metadata.uid,
    ...(metadata.resourceVersion && { resourceVersion: metadata.resourceVersion }),
  });

  return {
    pod: (pod, type, reason, message) => record(podReference(pod), type, reason, message),
    container: (pod, container, { type, reason, message }) =>
      record({ ...podReference(pod), fieldPath: containerFieldPath(pod, container) }, type, reason, message),
    node: (type, reason, message) =>
      record({ apiVersion: "v1", kind: "Node", name: nodeName, uid: nodeName }, type, reason, message),
    async idle() {
      while (running) await running;
    },
  };
}
