/** What admission decided, as kube-apiserver counts it. */
import type { Attributes } from "../access/admission/plugin.ts";
import { type Family, family, histogram, type Labels, type Sample } from "./prometheus.ts";

type Operation = Attributes["operation"];
const OPERATIONS: readonly Operation[] = ["CREATE", "UPDATE", "DELETE", "CONNECT"];

/** Of one plugin, or of all of them as one step: by operation, and whether it refused. */
export class Runs {
  readonly #counts = new Float64Array(OPERATIONS.length * 2);

  add(operation: Operation, { rejected }: { rejected: boolean }): void {
    this.#counts[OPERATIONS.indexOf(operation) * 2 + (rejected ? 1 : 0)]!++;
  }

  *entries(): Generator<{ labels: Labels; count: number }> {
    for (const [i, count] of this.#counts.entries())
      if (count > 0)
        yield { labels: { operation: OPERATIONS[i >> 1]!, rejected: i % 2 === 1 ? "true" : "false" }, count };
  }
}

/** More combinations than this nobody looks at. */
const MAX_SERIES = 2000;

/** A counter by labels. */
export class Tally {
  readonly #counts = new Map<string, { labels: Labels; value: number }>();

  add(labels: Labels): void {
    const key = Object.values(labels).join("\n");
    const known = this.#counts.get(key);
    if (known) known.value++;
    else if (this.#counts.size < MAX_SERIES) this.#counts.set(key, { labels, value: 1 });
  }

  samples(): Iterable<Sample> {
    return this.#counts.values();
  }
}

export type Step = "admit" | "validate";

export class AdmissionCounts {
  readonly #plugins = { admit: new Map<string, Runs>(), validate: new Map<string, Runs>() };
  readonly steps: { readonly [step in Step]: Runs } = { admit: new Runs(), validate: new Runs() };
  /** Of ValidatingAdmissionPolicies: what was done about expressions that did not hold. */
  readonly policyChecks = new Tally();
  readonly podSecurity = { evaluations: new Tally(), errors: new Tally() };

  plugin(step: Step, name: string): Runs {
    const plugins = this.#plugins[step];
    let runs = plugins.get(name);
    if (!runs) {
      runs = new Runs();
      plugins.set(name, runs);
    }
    return runs;
  }

  *plugins(): Generator<{ name: string; type: Step; runs: Runs }> {
    for (const type of ["admit", "validate"] as const)
      for (const [name, runs] of this.#plugins[type]) yield { name, type, runs };
  }
}

/** Upper bounds in seconds, as kube-apiserver's. */
const BOUNDS = [0.005, 0.025, 0.1, 0.5, 1, 2.5] as const;

/** Plugins run within one turn, in which the clock stands still: all of them are below the lowest bound. */
function* durations(runs: Runs, more: Labels): Generator<Sample> {
  for (const { labels, count } of runs.entries())
    yield* histogram({ ...more, ...labels }, { bounds: BOUNDS, buckets: [count, 0, 0, 0, 0, 0, 0], sum: 0 });
}

export function admissionMetrics(counts: AdmissionCounts): string {
  const counter = (name: string, help: string): Family => ({ name, help, type: "counter" });
  return [
    family(
      {
        name: "apiserver_admission_controller_admission_duration_seconds",
        help: "[STABLE] Runs of an admission plugin; of time only that which passes between turns.",
        type: "histogram",
      },
      [...counts.plugins()].flatMap(({ name, type, runs }) => [...durations(runs, { name, type })]),
    ),
    family(
      {
        name: "apiserver_admission_step_admission_duration_seconds",
        help: "[STABLE] The same of all plugins together.",
        type: "histogram",
      },
      (["admit", "validate"] as const).flatMap((type) => [...durations(counts.steps[type], { type })]),
    ),
    family(
      counter(
        "apiserver_validating_admission_policy_check_total",
        "[BETA] Expressions of policies that did not hold, by what was done about it.",
      ),
      counts.policyChecks.samples(),
    ),
    family(
      counter("pod_security_evaluations_total", "[ALPHA] Pods held against a Pod Security Standard."),
      counts.podSecurity.evaluations.samples(),
    ),
    family(
      counter("pod_security_errors_total", "[ALPHA] Labels of namespaces that could not be read."),
      counts.podSecurity.errors.samples(),
    ),
  ].join("");
}
