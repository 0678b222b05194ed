/** PodDisruptionBudgets, as far as preemption heeds them. */
import type { LabelMatcher } from "../../machinery/meta/selector.ts";
import type { CachedPod } from "./queued-pod.ts";

export interface Budget {
  name: string;
  /** Undefined: an empty selector, which protects nothing here. */
  matches: LabelMatcher | undefined;
  /** status.disruptionsAllowed */
  allowed: number;
  /** Names of pods whose disruption is counted already. */
  disrupted: ReadonlySet<string>;
}

export class Budgets {
  readonly #byNamespace = new Map<string, Map<string, Budget>>();
  #version = 0;

  /** Changes with every budget. */
  get version(): number {
    return this.#version;
  }

  set(namespace: string, budget: Budget): void {
    this.#version++;
    const there = this.#byNamespace.get(namespace);
    if (there) there.set(budget.name, budget);
    else this.#byNamespace.set(namespace, new Map([[budget.name, budget]]));
  }

  delete(namespace: string, name: string): void {
    this.#version++;
    const there = this.#byNamespace.get(namespace);
    there?.delete(name);
    if (there?.size === 0) this.#byNamespace.delete(namespace);
  }

  /** Splits pods that would all have to go into those that break a budget and those that do not; order is kept. */
  split(pods: readonly CachedPod[]): { breaking: CachedPod[]; allowed: CachedPod[] } {
    if (this.#byNamespace.size === 0) return { breaking: [], allowed: [...pods] };
    const left = new Map<Budget, number>();
    const breaking: CachedPod[] = [];
    const allowed: CachedPod[] = [];
    for (const pod of pods) (this.#spend(pod, left) ? allowed : breaking).push(pod);
    return { breaking, allowed };
  }

  #spend({ metadata, footprint }: CachedPod, left: Map<Budget, number>): boolean {
    let isWithin = true;
    for (const budget of this.#byNamespace.get(footprint.namespace)?.values() ?? []) {
      if (!budget.matches || Object.keys(footprint.labels).length === 0 || !budget.matches(footprint.labels)) continue;
      if (budget.disrupted.has(metadata.name ?? "")) continue;
      const rest = (left.get(budget) ?? budget.allowed) - 1;
      left.set(budget, rest);
      if (rest < 0) isWithin = false;
    }
    return isWithin;
  }
}
