/** What the end of a node's tunnel means for its Node object: nobody knows how it is. */
import type { Kind } from "../../kinds/kind.ts";
import { formatTime } from "../../machinery/clock.ts";
import { deepClone } from "../../machinery/meta/equality.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { fromStorage } from "./convert.ts";
import type { Environment } from "./environment.ts";
import { update } from "./update.ts";

interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastHeartbeatTime?: string;
  lastTransitionTime?: string;
}

/** Those the node reports itself. NetworkUnavailable is others'. */
const REPORTED = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];
const REASON = "NodeStatusUnknown";
const MESSAGE = "Kubelet stopped posting node status.";

/** The conditions of a node that has gone. Pure. Undefined when they say so already. */
export function lostConditions(conditions: readonly Condition[], atMs: number): Condition[] | undefined {
  const isLost = (type: string) => conditions.some((c) => c.type === type && c.status === "Unknown");
  if (REPORTED.every(isLost)) return undefined;
  const now = formatTime(atMs);
  const kept = conditions.filter(({ type }) => !REPORTED.includes(type));
  const lost = REPORTED.map((type): Condition => {
    const before = conditions.find((c) => c.type === type);
    if (before?.status === "Unknown") return before;
    return {
      type,
      status: "Unknown",
      lastHeartbeatTime: before?.lastHeartbeatTime ?? now,
      lastTransitionTime: now,
      reason: REASON,
      message: MESSAGE,
    };
  });
  // Ready stands last, as kubelet writes it.
  return [...kept, ...lost.slice(1), lost[0]!];
}

/** On a node without a tunnel of its own: the name of the node whose tunnel speaks for it (simulated nodes). */
const SPEAKER_LABEL = "kedge.dev/simulated-by";

/** To be called in a transaction. A node that connects says itself how it is, so only a loss is written. */
export function reportNodeConnection(
  env: Environment,
  { name, connected, atMs }: { name: string; connected: boolean; atMs: number },
): void {
  if (connected) return;
  const kind = env.registry.findStorage("nodes");
  const row = env.store.get({ resource: "nodes", namespace: "", name });
  if (!kind || !row) return;
  const lost = [name];
  if (fromStorage(row.value, kind).metadata.labels?.[SPEAKER_LABEL] === name) {
    for (const other of env.store.list({ resource: "nodes" })) {
      const speaker = fromStorage(other.value, kind).metadata.labels?.[SPEAKER_LABEL];
      if (speaker === name && other.name !== name) lost.push(other.name);
    }
  }
  for (const each of lost) lose(env, kind, { name: each, atMs });
}

function lose(env: Environment, kind: Kind, { name, atMs }: { name: string; atMs: number }): void {
  const row = env.store.get({ resource: "nodes", namespace: "", name });
  if (!row) return;
  const node = fromStorage(row.value, kind);
  const status = (node.status ?? {}) as { conditions?: Condition[] };
  const conditions = lostConditions(status.conditions ?? [], atMs);
  if (!conditions) return;
  update(env, {
    target: { kind, namespace: "", name, subresource: "status" },
    caller: {
      identity: { user: "system:kedge:node-gateway", groups: [] },
      dryRun: false,
      warn: () => undefined,
      fieldManager: "kube-controller-manager",
    },
    isPatch: true,
    transform: (prev): KubeObject => ({ ...deepClone(prev!), status: { ...status, conditions } }),
  });
}
