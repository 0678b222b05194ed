/** Which policies a request is subject to, by which bindings, with which parameters. */
import { type CompiledPolicy, compilePolicy } from "../../../kinds/admissionregistration/policy-expressions.ts";
import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  ParamKind,
  ParamRef,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from "../../../kinds/admissionregistration/v1-types.ts";
import type { Kind, Registry } from "../../../kinds/kind.ts";
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { compileSelector } from "../../../machinery/meta/selector.ts";
import type { AdmissionEnvironment, Attributes } from "../admission/plugin.ts";
import { parsedRow } from "../cached-rows.ts";
import { isExempt, matched } from "./match.ts";
import { queryOf, storedParameters } from "./parameters.ts";
import { type Bindings, namespaceAsked, requestBindings } from "./request.ts";

type Policy = ValidatingAdmissionPolicy | MutatingAdmissionPolicy;
type Binding = ValidatingAdmissionPolicyBinding | MutatingAdmissionPolicyBinding;

export interface Bound<P extends Policy, B extends Binding> {
  policy: P;
  /** As which of its kinds the policy sees the request. */
  kind: Kind;
  /** Absent where the policy itself is wrong. */
  binding?: B;
  compiled: CompiledPolicy;
  /** What expressions are told; `params` with those of one of the binding's parameters. */
  bindings: Bindings;
  /** What keeps it from being evaluated. */
  problem?: string;
}

const GROUP = "admissionregistration.k8s.io";
const compiledPolicies = new WeakMap<object, ReturnType<typeof compilePolicy>>();

/** By name of policy, then of binding. Cheap while there are no policies. */
export function boundPolicies<P extends Policy, B extends Binding>(
  attributes: Attributes,
  env: AdmissionEnvironment,
  plurals: { policies: string; bindings: string },
): Bound<P, B>[] {
  const rows = [...env.store.list({ resource: `${plurals.bindings}.${GROUP}` })];
  if (rows.length === 0 || isExempt(attributes)) return [];
  const namespaceRow =
    attributes.namespace === "" || attributes.kind.storage === "namespaces"
      ? undefined
      : env.store.get({ resource: "namespaces", namespace: "", name: attributes.namespace });
  const namespace = namespaceRow && parsedRow<KubeObject>(namespaceRow);
  const matching = { attributes, namespace, equivalents: equivalentsOf(env.registry, attributes.kind) };
  const seen = new Map<Kind, Bindings>();
  const bound: Bound<P, B>[] = [];
  for (const row of rows) {
    const binding = parsedRow<B>(row);
    const { policyName = "", paramRef, matchResources } = binding.spec;
    const policyRow = env.store.get({ resource: `${plurals.policies}.${GROUP}`, namespace: "", name: policyName });
    if (!policyRow) continue;
    const policy = parsedRow<P>(policyRow);
    const kind = matched(policy.spec.matchConstraints, matching);
    if (!kind || !matched(matchResources, matching)) continue;
    const common = seen.get(kind) ?? requestBindings(attributes, { kind, namespace }, env);
    seen.set(kind, common);
    const { compiled, errors } = compiledOf(policy);
    const each = { policy, kind, binding, compiled };
    // What was stored before expressions were compiled, or compiled otherwise, must not let anything through.
    if (errors[0]) {
      bound.push({ ...each, bindings: common, problem: `${errors[0].field}: ${errors[0].message}` });
      continue;
    }
    const params = paramsOf({ attributes, env, paramKind: policy.spec.paramKind, paramRef });
    if ("problem" in params) bound.push({ ...each, bindings: common, problem: params.problem });
    else for (const param of params.found) bound.push({ ...each, bindings: { ...common, params: param } });
  }
  return bound.sort((a, b) => compareNames(a.policy, b.policy) || compareNames(a.binding, b.binding));
}

const compareNames = (a: KubeObject | undefined, b: KubeObject | undefined): number =>
  (a?.metadata.name ?? "") < (b?.metadata.name ?? "") ? -1 : a?.metadata.name === b?.metadata.name ? 0 : 1;

function compiledOf(policy: Policy): ReturnType<typeof compilePolicy> {
  let compiled = compiledPolicies.get(policy);
  if (!compiled) {
    compiled = compilePolicy(policy);
    compiledPolicies.set(policy, compiled);
  }
  return compiled;
}

/** Other groups and versions of the same stored objects. */
const equivalentsOf = (registry: Registry, kind: Kind): Kind[] =>
  registry.all().filter((other) => other.storage === kind.storage && other !== kind);

/** No parameters at all is one evaluation without any. */
function paramsOf({
  attributes,
  env,
  paramKind,
  paramRef,
}: {
  attributes: Attributes;
  env: AdmissionEnvironment;
  paramKind: ParamKind | undefined;
  paramRef: ParamRef | undefined;
}): { found: (KubeObject | null)[] } | { problem: string } {
  if (!paramKind || !paramRef) return { found: [null] };
  const { apiVersion = "", kind: name = "" } = paramKind;
  const kind = env.registry.findKind(apiVersion, name);
  const slash = apiVersion.indexOf("/");
  const shown = `${apiVersion.slice(0, Math.max(slash, 0))}/${apiVersion.slice(slash + 1)}, Kind=${name}`;
  if (!kind) return { problem: `failed to find resource referenced by paramKind: '${shown}'` };
  if (!kind.namespaced && paramRef.namespace)
    return { problem: "paramRef.namespace must not be provided for a cluster-scoped `paramKind`" };
  const own = namespaceAsked(attributes);
  const namespace = kind.namespaced ? paramRef.namespace || own : "";
  if (kind.namespaced && namespace === "")
    return { problem: "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources" };
  const query = queryOf(kind, paramRef, own);
  const texts = env.parameters ? env.parameters.find(query) : storedParameters(env.store, query);
  if (!texts) return { found: [] };
  const objects = texts.map((text) => JSON.parse(text) as KubeObject);
  const selects = paramRef.name ? () => true : compileSelector(paramRef.selector);
  const found = objects.filter(({ metadata }) => selects(metadata.labels));
  if (found.length > 0) return { found };
  if (paramRef.parameterNotFoundAction === "Allow") return { found: [] };
  return { problem: "no params found for policy binding with `Deny` parameterNotFoundAction" };
}
