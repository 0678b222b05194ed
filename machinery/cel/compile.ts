/**
 * Expressions of the Common Expression Language, as Kubernetes uses them: checked once against an environment, evaluated
 * often, with a limit on what an evaluation may cost. Nothing here knows what an expression is for.
 */
import { CelSyntaxError, formatIssue, type Issue, type Node } from "./ast.ts";
import { type Checked, check } from "./checker.ts";
import type { Environment } from "./environment.ts";
import type { SizeOf } from "./estimate/declared-sizes.ts";
import { estimateCost } from "./estimate/estimate.ts";
import type { Range } from "./estimate/range.ts";
import { compileNode, type Evaluate } from "./evaluator.ts";
import { parse } from "./parser.ts";
import { type CelType, formatType, isAssignable } from "./types.ts";
import { CelCancelled, CelError, type Value } from "./values.ts";

/** What Kubernetes lets one evaluation cost. */
export const PER_CALL_LIMIT = 1_000_000;
/** What it lets all evaluations for one request cost. */
export const REQUEST_BUDGET = 10_000_000;

export interface CompileOptions {
  text: string;
  environment: Environment;
  /** What it may evaluate to; absent: anything. An expression of unknown type passes. */
  returns?: readonly CelType[];
  /** Words for a wrong type of result. Default: "must evaluate to bool". */
  wrongType?: (found: string) => string;
  /** Default PER_CALL_LIMIT. */
  costLimit?: number;
  /** How large what it is given can be: asks for an estimate of what an evaluation costs. */
  sizeOf?: SizeOf;
}

export interface EvaluateOptions {
  /** When less than the program's own limit is left of a budget. */
  costLimit?: number;
}

export type Outcome =
  | { ok: true; value: Value; cost: number }
  /** `cancelled`: it cost too much; otherwise the expression made no sense of its input. */
  | { ok: false; error: string; cancelled: boolean; cost: number };

export interface Program {
  readonly type: CelType;
  /** @param bindings JSON, or values, by name of variable */
  evaluate(bindings: { readonly [name: string]: unknown }, options?: EvaluateOptions): Outcome;
}

/** `estimate`: what an evaluation costs at least and at most, where that was asked for. */
export type Compiled = { ok: true; program: Program; estimate?: Range } | { ok: false; errors: string[] };

/** Errors beyond this are not told. */
const MAX_ERRORS = 100;

/** Errors are as cel-go words them; callers put "compilation failed: " and the like before. */
export function compileExpression(options: CompileOptions): Compiled {
  const { text, environment, returns, wrongType = defaultWrongType(returns ?? []) } = options;
  let node: Node;
  try {
    node = parse(text, environment);
  } catch (error) {
    if (error instanceof CelSyntaxError) return failed([error.issue], text);
    throw error;
  }
  const checked = check(node, environment);
  if (checked.issues.length > 0) return failed(checked.issues, text);
  const { type } = checked;
  const isFine = returns === undefined || type.kind === "dyn" || returns.some((wanted) => matches(wanted, type));
  if (!isFine) return { ok: false, errors: [wrongType(formatType(type))] };
  const { sizeOf } = options;
  const program = programOf(node, checked, options);
  return { ok: true, program, ...(sizeOf && { estimate: estimateCost(node, checked, sizeOf) }) };
}

/** What Kubernetes says of an expression that did not compile. */
export function compilationFailure(errors: readonly string[]): string {
  const isWrongType = errors.length === 1 && errors[0]!.startsWith("must evaluate");
  return isWrongType ? errors[0]! : `compilation failed: ${errors.join("\n")}`;
}

const matches = (wanted: CelType, found: CelType): boolean => isAssignable(wanted, found, new Map());

const defaultWrongType =
  (wanted: readonly CelType[]) =>
  (_found: string): string =>
    `must evaluate to ${wanted.map(formatType).join(" or ")}`;

function failed(issues: readonly Issue[], text: string): Compiled {
  return { ok: false, errors: issues.slice(0, MAX_ERRORS).map((issue) => formatIssue(issue, text)) };
}

function programOf(
  node: Node,
  checked: Checked,
  { environment, costLimit: own = PER_CALL_LIMIT }: CompileOptions,
): Program {
  const { evaluate, slots } = compileNode(node, checked, environment);
  return {
    type: checked.type,
    evaluate: (bindings, { costLimit = own } = {}) =>
      run(evaluate, { bindings, slots, costLimit: Math.min(own, costLimit) }),
  };
}

function run(
  evaluate: Evaluate,
  options: {
    bindings: { readonly [name: string]: unknown };
    slots: number;
    costLimit: number;
  },
): Outcome {
  const state = { ...options, slots: new Array<Value>(options.slots), cost: 0 };
  try {
    return { ok: true, value: evaluate(state), cost: state.cost };
  } catch (error) {
    const isCancelled = error instanceof CelCancelled;
    if (!isCancelled && !(error instanceof CelError)) throw error;
    return { ok: false, error: error.message, cancelled: isCancelled, cost: state.cost };
  }
}
