/** Evaluates a policy's expressions for one request: within one budget, its variables when they are asked for. */
import type { CompiledPolicy } from "../../../kinds/admissionregistration/policy-expressions.ts";
import { type Outcome, PER_CALL_LIMIT, type Program, REQUEST_BUDGET } from "../../../machinery/cel/compile.ts";
import { CelError, type MapValue, type Value } from "../../../machinery/cel/values.ts";
import type { Bindings } from "./request.ts";

const OUT_OF_BUDGET = "validation failed due to running out of cost budget, no further validation rules will be run";

export class Evaluation {
  readonly #bindings: Bindings;
  #left: number;

  constructor(policy: CompiledPolicy, bindings: Bindings, budget: number = REQUEST_BUDGET) {
    this.#left = budget;
    this.#bindings = { ...bindings, variables: new Variables(policy, (program) => this.evaluate(program)) };
  }

  /** @param own variables that stand before the common ones: the object as mutations have left it */
  evaluate(program: Program, own: Bindings = {}): Outcome {
    if (this.#left <= 0) return { ok: false, error: OUT_OF_BUDGET, cancelled: true, cost: 0 };
    const outcome = program.evaluate(
      { ...this.#bindings, ...own },
      { costLimit: Math.min(PER_CALL_LIMIT, this.#left) },
    );
    this.#left -= outcome.cost;
    return outcome;
  }
}

/** Each is evaluated once, when it is first asked for. */
class Variables implements MapValue {
  readonly isMap = true;
  readonly #programs: ReadonlyMap<string, Program>;
  readonly #outcomes = new Map<string, Outcome>();
  readonly #evaluate: (program: Program) => Outcome;

  constructor({ variables }: CompiledPolicy, evaluate: (program: Program) => Outcome) {
    this.#programs = new Map(variables.map(({ name, program }) => [name, program]));
    this.#evaluate = evaluate;
  }

  get size(): number {
    return this.#programs.size;
  }

  keys(): Iterable<Value> {
    return this.#programs.keys();
  }

  get(key: Value): Value | undefined {
    const name = String(key);
    const program = this.#programs.get(name);
    if (!program) return undefined;
    let outcome = this.#outcomes.get(name);
    if (!outcome) {
      outcome = this.#evaluate(program);
      this.#outcomes.set(name, outcome);
    }
    if (outcome.ok) return outcome.value;
    throw new CelError(`composited variable "${name}" fails to evaluate: ${outcome.error}`);
  }
}

/** What all conditions of a policy may cost: upstream's, a quarter of what comes after them. */
const CONDITIONS_BUDGET = REQUEST_BUDGET / 4;

/** Whether all conditions hold; an error only when none of them is false. */
export function conditionsHold(policy: CompiledPolicy, bindings: Bindings): boolean | { error: string } {
  const { conditions } = policy;
  if (conditions.length === 0) return true;
  const evaluation = new Evaluation(policy, bindings, CONDITIONS_BUDGET);
  const errors: string[] = [];
  for (const { name, program } of conditions) {
    const outcome = evaluation.evaluate(program);
    if (!outcome.ok) errors.push(`match condition "${name}" failed: ${outcome.error}`);
    else if (outcome.value !== true) return false;
  }
  return errors.length === 0 ? true : { error: errors.length === 1 ? errors[0]! : `[${errors.join(", ")}]` };
}
