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
import {
  compareLevels,
  isOfFuture,
  isSame,
  LABEL_PREFIX,
  type LevelVersion,
  levelText,
  type Policy,
  policyOf,
} from "../pod-security/policy.ts";
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
    count(attributes, env, { decision: "allow", mode: "enforce", at: OPEN });
    return;
  }
  const { enforce } = found.policy;
  const subject = podSubject(attributes.object!);
  if (attributes.operation === "UPDATE" && !isSignificantChange(subject, podSubject(attributes.old!))) return;
  const violations = violationsOf(subject, enforce);
  attributes.annotate?.(ENFORCED, levelText(enforce));
  count(attributes, env, { decision: violations.length > 0 ? "deny" : "allow", mode: "enforce", at: enforce });
  tellAudit(attributes, env, { found, subject });
  if (violations.length > 0)
    throw refuse(attributes, `violates PodSecurity "${levelText(enforce)}": ${detailText(violations)}`);
  warn(attributes, env, { found, subject });
}

/** As where no label says otherwise. */
const OPEN: LevelVersion = { level: "privileged", version: "latest" };

function count(
  { operation, kind, subresource }: Attributes,
  { counts }: AdmissionEnvironment,
  { decision, mode, at }: { decision: "allow" | "deny"; mode: keyof Policy; at: LevelVersion },
): void {
  counts?.podSecurity.evaluations.add({
    decision,
    mode,
    policy_level: at.level,
    policy_version: isOfFuture(at) ? "future" : at.version,
    request_operation: operation.toLowerCase(),
    resource: kind.storage === "pods" ? "pod" : "controller",
    subresource,
  });
}

function checkController(attributes: Attributes, env: AdmissionEnvironment): void {
  if (attributes.subresource !== "") return;
  const found = policyIn(attributes, env);
  const subject = found && templateSubject(attributes.object!);
  if (!subject) return;
  tellAudit(attributes, env, { found, subject });
  warn(attributes, env, { found, subject });
}

interface Judged {
  found: Found;
  subject: Subject;
}

function warn(attributes: Attributes, env: AdmissionEnvironment, { found, subject }: Judged): void {
  const at = found.policy.warn;
  const violations = violationsOf(subject, at);
  if (violations.length === 0) return;
  attributes.warn(`would violate PodSecurity "${levelText(at)}": ${detailText(violations)}`);
  count(attributes, env, { decision: "deny", mode: "warn", at });
}

function tellAudit(attributes: Attributes, env: AdmissionEnvironment, { found, subject }: Judged): void {
  const { errors, policy } = found;
  const at = policy.audit;
  if (errors.length > 0) {
    attributes.annotate?.(`${LABEL_PREFIX}error`, `Failed to parse policy: ${aggregateText(errors)}`);
    env.counts?.podSecurity.errors.add({
      fatal: "false",
      request_operation: attributes.operation.toLowerCase(),
      resource: attributes.kind.storage === "pods" ? "pod" : "controller",
      subresource: attributes.subresource,
    });
  }
  const violations = violationsOf(subject, at);
  if (violations.length === 0) return;
  const text = `would violate PodSecurity "${levelText(at)}": ${detailText(violations)}`;
  attributes.annotate?.(`${LABEL_PREFIX}audit-violations`, text);
  count(attributes, env, { decision: "deny", mode: "audit", at });
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
