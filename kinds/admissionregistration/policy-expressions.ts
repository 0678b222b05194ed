/** All expressions of an admission policy, compiled in the order in which they may refer to each other. */
import type { Program } from "../../machinery/cel/compile.ts";
import type { CelType } from "../../machinery/cel/types.ts";
import type { FieldError } from "../../machinery/meta/field-error.ts";
import { type CompiledCondition, compileConditions, compileOne } from "./condition-expressions.ts";
import { type Environment, type ExpressionUse, environmentOf } from "./expressions.ts";
import type { MatchCondition, MutatingAdmissionPolicy, ValidatingAdmissionPolicy, Variable } from "./v1-types.ts";

export interface CompiledPolicy {
  conditions: CompiledCondition[];
  variables: { name: string; program: Program }[];
  validations: { expression: string; message: string; reason: string; program: Program; says: Program | undefined }[];
  annotations: { key: string; program: Program }[];
  mutations: { type: "ApplyConfiguration" | "JSONPatch"; expression: string; program: Program }[];
}

/** What the policy's objects and parameters are, for warnings about its expressions; absent: anything. */
export interface PolicyTypes {
  object?: CelType;
  params?: CelType;
}

type Policy = ValidatingAdmissionPolicy | MutatingAdmissionPolicy;

/** Errors name fields: "spec.validations[0].expression". Those expressions are left out of what is compiled. */
export function compilePolicy(
  policy: Policy,
  types: PolicyTypes = {},
): { compiled: CompiledPolicy; errors: FieldError[] } {
  const compiler = new PolicyCompiler(policy, types);
  return { compiled: compiler.compile(), errors: compiler.errors };
}

class PolicyCompiler {
  readonly errors: FieldError[] = [];
  readonly #policy: Policy;
  readonly #types: PolicyTypes;
  readonly #variables: { [name: string]: CelType } = {};

  constructor(policy: Policy, types: PolicyTypes) {
    this.#policy = policy;
    this.#types = types;
  }

  compile(): CompiledPolicy {
    const { spec } = this.#policy;
    const conditions = this.#conditions(spec.matchConditions ?? []);
    const variables = this.#compileVariables(spec.variables ?? []);
    const plain = this.#environment(false);
    const saying = this.#environment(false, { hasAuthorizer: false });
    const validating = spec as ValidatingAdmissionPolicy["spec"];
    const mutating = spec as MutatingAdmissionPolicy["spec"];
    const validations = (validating.validations ?? []).flatMap((validation, i) => {
      const { expression = "", message = "", messageExpression = "", reason = "Invalid" } = validation;
      const at = `spec.validations[${i}]`;
      const program = this.#one(expression, "condition", { path: `${at}.expression`, environment: plain });
      const says =
        messageExpression.trim() === ""
          ? undefined
          : this.#one(messageExpression, "message", { path: `${at}.messageExpression`, environment: saying });
      return program ? [{ expression, message, reason, program, says }] : [];
    });
    const annotations = (validating.auditAnnotations ?? []).flatMap(({ key, valueExpression = "" }, i) => {
      const path = `spec.auditAnnotations[${i}].valueExpression`;
      const program = this.#one(valueExpression, "annotation", { path, environment: plain });
      return program ? [{ key, program }] : [];
    });
    const making = mutating.mutations ? this.#environment(true) : plain;
    const mutations = (mutating.mutations ?? []).flatMap(({ patchType, applyConfiguration, jsonPatch }, i) => {
      const [field, use, expression] =
        patchType === "JSONPatch"
          ? (["jsonPatch", "patch", jsonPatch && (jsonPatch.expression ?? "")] as const)
          : (["applyConfiguration", "applied", applyConfiguration && (applyConfiguration.expression ?? "")] as const);
      // That it is not there is told where the policy itself is judged.
      if (expression === undefined) return [];
      const path = `spec.mutations[${i}].${field}.expression`;
      const program = this.#one(expression, use, { path, environment: making });
      return program ? [{ type: patchType, expression, program }] : [];
    });
    return { conditions, variables, validations, annotations, mutations };
  }

  #environment(makesObjects: boolean, more: { hasAuthorizer?: boolean } = {}): Environment {
    return environmentOf({
      ...more,
      hasParams: this.#policy.spec.paramKind !== undefined,
      hasNamespace: true,
      variables: { ...this.#variables },
      makesObjects,
      ...this.#types,
    });
  }

  #conditions(conditions: readonly MatchCondition[]): CompiledPolicy["conditions"] {
    const { paramKind } = this.#policy.spec;
    const environment = environmentOf({ hasParams: paramKind !== undefined, hasNamespace: true, ...this.#types });
    return compileConditions(conditions, { environment, path: "spec.matchConditions", errors: this.errors });
  }

  /** Each may refer to those before it. */
  #compileVariables(variables: readonly Variable[]): CompiledPolicy["variables"] {
    return variables.flatMap(({ name, expression = "" }, i) => {
      const path = `spec.variables[${i}].expression`;
      const environment = this.#environment(this.#policy.kind === "MutatingAdmissionPolicy");
      const program = this.#one(expression, "variable", { path, environment });
      if (!program) return [];
      this.#variables[name] = program.type;
      return [{ name, program }];
    });
  }

  #one(
    text: string,
    use: ExpressionUse,
    { path, environment }: { path: string; environment: Environment },
  ): Program | undefined {
    return compileOne(text, use, { path, environment, errors: this.errors });
  }
}
