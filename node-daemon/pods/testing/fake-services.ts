/** What a worker's services are made of in tests. */
import type { Log, NodeNetwork } from "../../contracts.ts";
import type { EventRecorder } from "../events.ts";
import type { NodePod } from "../pod.ts";

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

export interface ToldEvent {
  pod: string;
  container?: string;
  type: string;
  reason: string;
  message: string;
}

/** Keeps events in a list. */
export function fakeEvents(): EventRecorder & { told: ToldEvent[] } {
  const told: ToldEvent[] = [];
  const name = (pod: NodePod): string => pod.metadata.name;
  return {
    told,
    pod: (pod, type, reason, message) => void told.push({ pod: name(pod), type, reason, message }),
    container: (pod, container, event) => void told.push({ pod: name(pod), container, ...event }),
    node: (type, reason, message) => void told.push({ pod: "", type, reason, message }),
  };
}

export const fakeNetwork = (): NodeNetwork & { ready: boolean } => ({
  ready: true,
  status() {
    return this.ready ? { ready: true } : { ready: false, reason: "cni plugin not initialized" };
  },
  configure: () => Promise.resolve(),
  resolvConf: () => ({ nameservers: ["10.96.0.10"], searches: ["default.svc.cluster.local"], options: ["ndots:5"] }),
});
