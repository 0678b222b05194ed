/**
 * What a pod asks of a node. Source: https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers,
 * sidecar containers, pod overhead and pod-level resources.
 */
import type { Container, PodSpec } from "../../kinds/core/v1-types.ts";
import { amountOf } from "./resources.ts";

/** Amounts by resource name. */
export type Amounts = Map<string, number>;

/** What scoring takes a container for that asks for nothing. */
const UNSTATED_CPU_MILLI = 100;
const UNSTATED_MEMORY_BYTES = 200 * 1024 * 1024;

export interface PodRequests {
  requests: Amounts;
  /** cpu and memory with a minimum for containers that state nothing, so that such pods spread too. */
  scoredCpuMilli: number;
  scoredMemoryBytes: number;
}

type RequestedSpec = Pick<PodSpec, "containers" | "initContainers" | "overhead" | "resources">;

export function podRequests(spec: RequestedSpec): PodRequests {
  const requests = requestsOf(spec, amountsOf);
  const unstated = unstatedOf(spec, requests);
  const scored = unstated.size === 0 ? requests : requestsOf(spec, (container) => withUnstated(container, unstated));
  return {
    requests,
    scoredCpuMilli: scored.get("cpu") ?? 0,
    scoredMemoryBytes: scored.get("memory") ?? 0,
  };
}

function requestsOf(spec: RequestedSpec, of: (container: Container) => Amounts): Amounts {
  const total: Amounts = new Map();
  for (const container of spec.containers) add(total, of(container));
  // Sidecars run beside everything that starts after them; other init containers run one at a time.
  const sidecars: Amounts = new Map();
  const peak: Amounts = new Map();
  for (const container of spec.initContainers ?? []) {
    const own = of(container);
    if (container.restartPolicy === "Always") {
      add(total, own);
      add(sidecars, own);
      raise(peak, sidecars);
    } else {
      add(own, sidecars);
      raise(peak, own);
    }
  }
  raise(total, peak);
  for (const [name, quantity] of Object.entries(spec.resources?.requests ?? {})) {
    if (isPodLevel(name)) total.set(name, amountOf(name, quantity));
  }
  if (spec.overhead) add(total, parsed(spec.overhead));
  return total;
}

const isPodLevel = (name: string): boolean => name === "cpu" || name === "memory" || name.startsWith("hugepages-");

const amountsOf = ({ resources }: Container): Amounts => parsed(resources?.requests ?? {});

const UNSTATED: Amounts = new Map([
  ["cpu", UNSTATED_CPU_MILLI],
  ["memory", UNSTATED_MEMORY_BYTES],
]);

/** A pod that states something as a whole is taken at its word, but where all of it comes to nothing. */
function unstatedOf({ resources }: RequestedSpec, requests: Amounts): Amounts {
  if (!Object.keys(resources?.requests ?? {}).some(isPodLevel)) return UNSTATED;
  return new Map([...UNSTATED].filter(([name]) => (requests.get(name) ?? 0) === 0));
}

function withUnstated(container: Container, unstated: Amounts): Amounts {
  const amounts = amountsOf(container);
  for (const [name, amount] of unstated) if (!amounts.has(name)) amounts.set(name, amount);
  return amounts;
}

const parsed = (quantities: { [name: string]: string }): Amounts =>
  new Map(Object.entries(quantities).map(([name, quantity]) => [name, amountOf(name, quantity)]));

function add(to: Amounts, more: Amounts): void {
  for (const [name, amount] of more) to.set(name, (to.get(name) ?? 0) + amount);
}

function raise(to: Amounts, floor: Amounts): void {
  for (const [name, amount] of floor) to.set(name, Math.max(to.get(name) ?? 0, amount));
}
