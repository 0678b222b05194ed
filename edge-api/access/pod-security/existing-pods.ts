/** What a stricter level would say of the pods that are there already. Reads the store. */
import type { KubeObject } from "../../../machinery/meta/object.ts";
import type { Store } from "../../store/contract.ts";
import { reasonText, violationsOf } from "./evaluate.ts";
import { podSubject } from "./pods.ts";
import { type LevelVersion, levelText } from "./policy.ts";

/** More are not looked at, so that a label is set in bounded time. */
const MAX_PODS = 3000;

export function existingPodWarnings(store: Store, namespace: string, enforce: LevelVersion): string[] {
  const { pods, total } = readPods(store, namespace);
  const found = new Map<string, string[]>();
  for (const pod of pods) {
    const violations = violationsOf(podSubject(pod), enforce);
    if (violations.length === 0) continue;
    const reasons = reasonText(violations);
    const names = found.get(reasons) ?? [];
    found.set(reasons, names);
    names.push(pod.metadata.name ?? "");
  }
  const lines = [...found].map(([reasons, names]) => `${whose(names)}: ${reasons}`).sort();
  return [
    ...(pods.length < total
      ? [`new PodSecurity enforce level only checked against the first ${pods.length} of ${total} existing pods`]
      : []),
    ...(lines.length > 0
      ? [
          `existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity enforce level ${JSON.stringify(levelText(enforce))}`,
        ]
      : []),
    ...lines,
  ];
}

/** One pod of each workload first. */
function readPods(store: Store, namespace: string): { pods: KubeObject[]; total: number } {
  const first: KubeObject[] = [];
  const others: KubeObject[] = [];
  const owners = new Set<string>();
  let total = 0;
  for (const row of store.list({ resource: "pods", namespace })) {
    total++;
    if (first.length >= MAX_PODS) continue;
    const pod = JSON.parse(row.value) as KubeObject;
    const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller)?.uid;
    if (owner !== undefined && owners.has(owner)) {
      if (others.length < MAX_PODS) others.push(pod);
      continue;
    }
    if (owner !== undefined) owners.add(owner);
    first.push(pod);
  }
  return { pods: [...first, ...others].slice(0, MAX_PODS), total };
}

function whose(names: readonly string[]): string {
  const [least = ""] = [...names].sort();
  const others = names.length - 1;
  if (others === 0) return least;
  return `${least} (and ${others} other ${others === 1 ? "pod" : "pods"})`;
}
