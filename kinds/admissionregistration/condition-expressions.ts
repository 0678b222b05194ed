/** What match conditions of webhooks and policies say. */
import { compilationFailure, type Program } from "../../machinery/cel/compile.ts";
import { type FieldError, invalid, required } from "../../machinery/meta/field-error.ts";
import { compileFor, type Environment, type ExpressionUse, environmentOf } from "./expressions.ts";
import type { MatchCondition } from "./v1-types.ts";

/** Those beyond are refused anyway. */
const MAX_CONDITIONS = 64;

export interface CompiledCondition {
  name: string;
  program: Program;
}

/** Those that do not compile are left out, and told in `errors`. */
export function compileConditions(
  conditions: readonly MatchCondition[] | undefined,
  { environment, path, errors }: { environment: Environment; path: string; errors: FieldError[] },
): CompiledCondition[] {
  return (conditions ?? []).slice(0, MAX_CONDITIONS).flatMap(({ name = "", expression = "" }, i) => {
    const at = `${path}[${i}].expression`;
    const program = compileOne(expression, "condition", { path: at, environment, errors, absent: "" });
    return program ? [{ name, program }] : [];
  });
}

const WEBHOOK = environmentOf({ hasParams: false, hasNamespace: false });

export const compileWebhookConditions = (
  conditions: readonly MatchCondition[] | undefined,
  { path, errors }: { path: string; errors: FieldError[] },
): CompiledCondition[] => compileConditions(conditions, { environment: WEBHOOK, path, errors });

/** What is said of an expression that is empty, by what it is for. */
const ABSENT: { readonly [use in ExpressionUse]?: string } = {
  condition: "expression is not specified",
  variable: "expression is not specified",
  annotation: "valueExpression is not specified",
};

/** Undefined, and an error told, for what is empty or does not compile. */
export function compileOne(
  text: string,
  use: ExpressionUse,
  {
    path,
    environment,
    errors,
    absent = ABSENT[use] ?? "",
  }: { path: string; environment: Environment; errors: FieldError[]; absent?: string },
): Program | undefined {
  if (text.trim() === "") {
    errors.push(required(path, absent));
    return undefined;
  }
  const compiled = compileFor(text, use, environment);
  if (compiled.ok) return compiled.program;
  errors.push(invalid(path, text, compilationFailure(compiled.errors)));
  return undefined;
}
