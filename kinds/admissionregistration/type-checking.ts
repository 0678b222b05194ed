/**
 * What a policy's expressions get wrong about the types of what they are evaluated for.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/#type-checking
 */
import type { TypeTable } from "../../machinery/schema/types.ts";
import { celTypeOf } from "../cel-types.ts";
import type { Kind, Registry } from "../kind.ts";
import { compilePolicy } from "./policy-expressions.ts";
import type { ExpressionWarning, ValidatingAdmissionPolicy } from "./v1-types.ts";

const MAX_TYPES = 10;
const CHECKED = /^spec\.validations\[\d+\]\.(?:expression|messageExpression)$/;

/** One for each expression that is wrong for at least one type. Pure. */
export function typeCheckWarnings(
  policy: ValidatingAdmissionPolicy,
  { registry, types }: { registry: Registry; types: TypeTable },
): ExpressionWarning[] {
  const { apiVersion = "", kind = "" } = policy.spec.paramKind ?? {};
  const params = registry.findKind(apiVersion, kind);
  const paramsType = params && types.resolve(params.type);
  const warnings = new Map<string, string[]>();
  for (const each of kindsOf(policy, registry)) {
    const schema = types.resolve(each.type);
    if (!schema) continue;
    const { errors } = compilePolicy(policy, {
      object: celTypeOf(schema),
      ...(paramsType && { params: celTypeOf(paramsType) }),
    });
    for (const { field, message } of errors) {
      if (!CHECKED.test(field)) continue;
      // As upstream: a group/version, a kind, and what the compiler says.
      const version = each.group ? `${each.group}/${each.version}` : `/${each.version}`;
      const said = message.slice(message.indexOf("compilation failed: ") + "compilation failed: ".length);
      warnings.set(field, [...(warnings.get(field) ?? []), `${version}, Kind=${each.kind}: ${said}\n`]);
    }
  }
  return [...warnings].map(([fieldRef, messages]) => ({ fieldRef, warning: messages.join("\n") }));
}

/** Those that rules name in full: a "*" stands for too many. */
function kindsOf({ spec }: ValidatingAdmissionPolicy, registry: Registry): Kind[] {
  const kinds = new Set<Kind>();
  for (const { apiGroups = [], apiVersions = [], resources = [] } of spec.matchConstraints?.resourceRules ?? []) {
    if ([...apiGroups, ...apiVersions].includes("*") || resources.some((resource) => /[*/]/.test(resource))) continue;
    for (const group of apiGroups) {
      for (const version of apiVersions) {
        for (const resource of resources) {
          const kind = registry.find(group, version, resource);
          if (kind && kinds.size < MAX_TYPES) kinds.add(kind);
        }
      }
    }
  }
  return [...kinds];
}
