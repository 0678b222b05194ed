/**
 * MutatingAdmissionPolicy: expressions that say how what is written should be changed.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/
 */

import type { CompiledPolicy } from "../../../kinds/admissionregistration/policy-expressions.ts";
import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
} from "../../../kinds/admissionregistration/v1-types.ts";
import type { Kind } from "../../../kinds/kind.ts";
import { types } from "../../../kinds/types.ts";
import { mergeObjects } from "../../../machinery/apply/merge.ts";
import { type ApplyType, applyTypeOf } from "../../../machinery/apply/schema.ts";
import { toJson, type Value } from "../../../machinery/cel/values.ts";
import { deepEqual } from "../../../machinery/meta/equality.ts";
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { ApiError, forbidden } from "../../../machinery/meta/status.ts";
import { applyJsonPatch } from "../../../machinery/patch/json-patch.ts";
import { decodeObject } from "../../../machinery/schema/decode.ts";
import type { AdmissionPlugin, Attributes } from "../admission/plugin.ts";
import { nameOf } from "../admission/refuse.ts";
import { type Bound, boundPolicies } from "./bound.ts";
import { checkedOptions } from "./connection-options.ts";
import { conditionsHold, Evaluation } from "./evaluation.ts";
import { Reinvocation } from "./reinvocation.ts";
import { inVersion, spokenBy, typeOf } from "./versions.ts";

type BoundPolicy = Bound<MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding>;
type Fields = { [name: string]: unknown };

const PLURALS = { policies: "mutatingadmissionpolicies", bindings: "mutatingadmissionpolicybindings" };

export const mutatingAdmissionPolicies: AdmissionPlugin = {
  name: "MutatingAdmissionPolicy",
  connects: true,
  admit(attributes, env) {
    if (!attributes.object || attributes.operation === "DELETE") return;
    const bound = boundPolicies<MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding>(attributes, env, PLURALS);
    if (bound.length === 0) return;
    attributes.reinvocation ??= new Reinvocation();
    const { reinvocation } = attributes;
    const first = JSON.stringify(attributes.object);
    let text = first;
    reinvocation.begin(text);
    const failures: Failure[] = [];
    for (const each of bound) {
      const id = idOf(each);
      if (!reinvocation.mayAsk(id)) continue;
      failures.push(...mutate(attributes, each));
      const before = text;
      text = JSON.stringify(attributes.object);
      const again = each.policy.spec.reinvocationPolicy === "IfNeeded";
      reinvocation.asked(id, { changed: text !== before, again });
    }
    reinvocation.end(text, text !== first);
    if (failures.length > 0) throw refusal(attributes, failures);
  },
};

const idOf = ({ policy, binding, bindings }: BoundPolicy): string => {
  const { metadata } = (bindings.params ?? {}) as { metadata?: KubeObject["metadata"] };
  return JSON.stringify([policy.metadata.name, binding?.metadata.name, metadata?.namespace, metadata?.name]);
};

interface Failure {
  message: string;
  /** Absent for what is wrong with the policy's binding. */
  reason?: "Invalid";
}

/** Changes the request's object. What fails is told unless it is to be ignored; the other mutations are made. */
function mutate(
  attributes: Attributes,
  { policy, binding, kind, compiled, bindings, problem }: BoundPolicy,
): Failure[] {
  const failures: Failure[] = [];
  const failed = (why: string, reason?: "Invalid"): void => {
    if (policy.spec.failurePolicy === "Ignore") return;
    const by = `policy '${policy.metadata.name}' with binding '${binding?.metadata.name}'`;
    failures.push({ message: `${by} denied request: ${why}`, ...(reason && { reason }) });
  };
  if (problem !== undefined) {
    failed(`failed to configure binding: ${problem}`);
    return failures;
  }
  const object = inVersion(attributes.object!, { from: attributes.kind, to: kind });
  const told = { ...bindings, object };
  const holds = conditionsHold(compiled, told);
  if (typeof holds === "object") failed(holds.error, "Invalid");
  if (holds !== true) return failures;
  let next = object;
  for (const mutation of compiled.mutations) {
    const evaluation = new Evaluation(compiled, { ...told, object: next });
    try {
      next = mutated(next, { mutation, evaluation, kind, subresource: attributes.subresource });
    } catch (error) {
      failed(error instanceof Error ? error.message : String(error), "Invalid");
    }
  }
  if (deepEqual(next, object)) return failures;
  const isWhole = next.kind === kind.kind;
  const whole = isWhole ? (kind.strategy.defaults?.(next) ?? next) : next;
  replace(attributes.object!, inVersion(whole, { from: kind, to: attributes.kind }));
  return failures;
}

/** Upstream's: 403 whatever the reason, and no word of what is forbidden but the policy's. */
function refusal(attributes: Attributes, failures: readonly Failure[]): ApiError {
  const { kind } = attributes;
  const [first] = failures;
  const { status } = forbidden({ group: kind.group, resource: kind.plural, name: nameOf(attributes) }, "");
  const details = { ...status.details, causes: failures.map(({ message }) => ({ message })) };
  return new ApiError(403, first!.reason ?? "Forbidden", first!.message, details);
}

/** A new object. @throws Error */
function mutated(
  object: KubeObject,
  {
    mutation,
    evaluation,
    kind,
    subresource,
  }: { mutation: CompiledPolicy["mutations"][number]; evaluation: Evaluation; kind: Kind; subresource: string },
): KubeObject {
  const outcome = evaluation.evaluate(mutation.program);
  if (!outcome.ok) throw new Error(`expression '${mutation.expression.trim()}' resulted in error: ${outcome.error}`);
  const type = typeOf(kind, subresource);
  const isKnown = types.resolve(type) !== undefined;
  if (mutation.type === "JSONPatch" && !isKnown) return checkedOptions(patched(object, outcome.value));
  if (!isKnown) {
    const { group, version, kind: name } = spokenBy(kind, subresource);
    throw new Error(
      `error applying patch: failed to convert patch object to typed object: no corresponding type for ${group}/${version}, Kind=${name}`,
    );
  }
  const changed = mutation.type === "JSONPatch" ? patched(object, outcome.value) : applied(object, outcome.value, type);
  const { value, unknownFields } = decodeObject({ types, type, value: changed });
  if (unknownFields.length > 0) throw new Error(unknownFields.map((field) => `unknown field "${field}"`).join(", "));
  return value as KubeObject;
}

function patched(object: KubeObject, value: Value): unknown {
  return applyJsonPatch(structuredClone(object), toJson(value) as never);
}

function applied(object: KubeObject, value: Value, typeName: string): unknown {
  const type = applyTypeOf(types, typeName);
  // Through text: objects that expressions make have no prototype, and are shared with nothing.
  const config = JSON.parse(JSON.stringify(toJson(value))) as Fields;
  const { apiVersion, kind: _kind, metadata } = config as Partial<KubeObject>;
  if (apiVersion !== undefined || _kind !== undefined) throw new Error("apiVersion and kind may not be set");
  if (metadata && ("name" in metadata || "namespace" in metadata || "uid" in metadata))
    throw new Error("the identity of the object may not be changed");
  const atomic = firstAtomic(config, type, "");
  if (atomic !== undefined)
    throw new Error(
      `error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${atomic}`,
    );
  return mergeObjects(object as unknown as Fields, config, type);
}

/** The path of the first part that could only be set as a whole. */
function firstAtomic(value: unknown, type: ApplyType, path: string): string | undefined {
  if (type.kind === "list") {
    if (type.relation === "atomic") return path;
    for (const [i, item] of (Array.isArray(value) ? value : []).entries()) {
      const found = firstAtomic(item, type.element, `${path}[${i}]`);
      if (found !== undefined) return found;
    }
  }
  if (type.kind !== "map" || typeof value !== "object" || value === null) return undefined;
  if (type.atomic) return path;
  for (const [name, inner] of Object.entries(value)) {
    const next = type.fields.get(name)?.type ?? type.element;
    const found = next && firstAtomic(inner, next, `${path}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** In place: whoever wrote it holds on to the object. */
function replace(object: KubeObject, next: KubeObject): void {
  const target = object as unknown as Fields;
  for (const name of Object.keys(target)) if (!Object.hasOwn(next, name)) delete target[name];
  Object.assign(target, next);
}
