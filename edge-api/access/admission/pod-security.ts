/**
 * Pods keep to the standard their namespace asks for; templates that would not are told so.
 * Source: https://kubernetes.io/docs/concepts/security/pod-security-admission/
 */

import { deepEqual } from "../../../machinery/meta/equality.ts";
import { invalidObject } from "../../../machinery/meta/field-error.ts";
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { parsedRow } from "../cached-rows.ts";
import type { Subject } from "../pod-security/check.ts";
import { detailText, violationsOf } from "../pod-security/evaluate.ts";
import { existingPodWarnings } from "../pod-security/existing-pods.ts";
import { CONTROLLERS, isSignificantChange, podSubject, templateSubject } from "../pod-security/pods.ts";
import { compareLevels, isSame, LABEL_PREFIX, levelText, type Policy, policyOf } from "../pod-security/policy.ts";
import type { AdmissionEnvironment, AdmissionPlugin, Attributes } from "./plugin.ts";
import { refuse } from "./refuse.ts";

export const podSecurity: AdmissionPlugin = {
  name: "PodSecurity",
  resources: ["pods", "namespaces", ...CONTROLLERS],
  validate(attributes, env) {
    if (attributes.operation === "DELETE") return;
    if (attributes.kind.storage === "namespaces") checkNamespace(attributes, env);
    else if (attributes.kind.storage === "pods") checkPod(attributes, env);
    else checkController(attributes, env);
  },
};

type Found = ReturnType<typeof policyOf>;

/** Undefined where pods may be anything, as in most namespaces. */
function policyIn({ namespace }: Attributes, { store }: AdmissionEnvironment): Found | undefined {
  const row = store.get({ resource: "namespaces", namespace: "", name: namespace });
  if (!row?.value.includes(LABEL_PREFIX)) return undefined;
  const found = policyOf(parsedRow<KubeObject>(row).metadata.labels);
  const { enforce, audit, warn } = found.policy;
  const isOpen = found.errors.length === 0 && [enforce, audit, warn].every(({ level }) => level === "privileged");
  return isOpen ? undefined : found;
}

const ENFORCED = `${LABEL_PREFIX}enforce-policy`;

const IGNORED_SUBRESOURCES: ReadonlySet<string> = new Set(["binding", "eviction", "status"]);

function checkPod(attributes: Attributes, env: AdmissionEnvironment): void {
  if (IGNORED_SUBRESOURCES.has(attributes.subresource)) return;
  const found = policyIn(attributes, env);
  if (!found) {
    attributes.annotate?.(ENFORCED, "privileged:latest");
    return;
  }
  const { policy } = found;
  const subject = podSubject(attributes.object!);
  if (attributes.operation === "UPDATE" && !isSignificantChange(subject, podSubject(attributes.old!))) return;
  const violations = violationsOf(subject, policy.enforce);
  attributes.annotate?.(ENFORCED, levelText(policy.enforce));
  tellAudit(attributes, found, subject);
  if (violations.length > 0)
    throw refuse(attributes, `violates PodSecurity "${levelText(policy.enforce)}": ${detailText(violations)}`);
  warn(attributes, policy, subject);
}

function checkController(attributes: Attributes, env: AdmissionEnvironment): void {
  if (attributes.subresource !== "") return;
  const found = policyIn(attributes, env);
  const subject = found && templateSubject(attributes.object!);
  if (!subject) return;
  tellAudit(attributes, found, subject);
  warn(attributes, found.policy, subject);
}

function warn(attributes: Attributes, { warn: at }: Policy, subject: Subject): void {
  const violations = violationsOf(subject, at);
  if (violations.length > 0) attributes.warn(`would violate PodSecurity "${levelText(at)}": ${detailText(violations)}`);
}

function tellAudit(attributes: Attributes, { policy: { audit }, errors }: Found, subject: Subject): void {
  if (!attributes.annotate) return;
  if (errors.length > 0)
    attributes.annotate(`${LABEL_PREFIX}error`, `Failed to parse policy: ${aggregateText(errors)}`);
  const violations = violationsOf(subject, audit);
  if (violations.length === 0) return;
  const text = `would violate PodSecurity "${levelText(audit)}": ${detailText(violations)}`;
  attributes.annotate(`${LABEL_PREFIX}audit-violations`, text);
}

/** As Go shows a list of errors: alone, or in brackets, each once. */
function aggregateText(errors: Found["errors"]): string {
  const lines = [...new Set(errors.map(({ field, message }) => `${field}: ${message}`))];
  return lines.length === 1 ? lines[0]! : `[${lines.join(", ")}]`;
}

function checkNamespace(attributes: Attributes, env: AdmissionEnvironment): void {
  const { operation, subresource, object, old } = attributes;
  if (subresource !== "") return;
  const next = policyOf(object!.metadata.labels);
  const prev = operation === "UPDATE" ? policyOf(old!.metadata.labels) : undefined;
  // Bad labels that were there before are nobody's fault now.
  if (next.errors.length > 0 && !deepEqual(next.errors, prev?.errors))
    throw invalidObject({ group: "", kind: "Namespace", name: object!.metadata.name ?? "" }, next.errors);
  if (!prev) return;
  const [now, before] = [next.policy.enforce, prev.policy.enforce];
  if (isSame(now, before) || now.level === "privileged") return;
  if (now.version === before.version && compareLevels(now.level, before.level) < 1) return;
  for (const warning of existingPodWarnings(env.store, attributes.name, now)) attributes.warn(warning);
}
