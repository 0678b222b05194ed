/**
 * Groups of the Kubernetes community, which others may define resources in only when they say so.
 * Source: k8s.io/apiextensions-apiserver/pkg/apihelpers, https://github.com/kubernetes/enhancements/pull/1111.
 */
import { type FieldError, invalid, required } from "../../machinery/meta/field-error.ts";
import type { CustomResourceDefinition } from "./v1-types.ts";

const APPROVED = "api-approved.kubernetes.io";
const PATH = `metadata.annotations[${APPROVED}]`;
const MORE = "see https://github.com/kubernetes/enhancements/pull/1111";

type Approval = "approved" | "bypassed" | "invalid" | "missing";

function approvalOf({ metadata }: CustomResourceDefinition): Approval {
  const text = metadata.annotations?.[APPROVED] ?? "";
  if (text === "") return "missing";
  if (text.startsWith("unapproved")) return "bypassed";
  return /^[a-z][a-z\d+.-]*:\/\/[^/?#]/i.test(text) && URL.canParse(text) ? "approved" : "invalid";
}

/** What was as little approved before may stay so: a controller that updates the spec knows nothing of it. */
export function checkApproval(
  errors: FieldError[],
  next: CustomResourceDefinition,
  prev: CustomResourceDefinition | undefined,
): void {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(next.spec.group ?? "")) return;
  const approval = approvalOf(next);
  if (prev && approvalOf(prev) === approval) return;
  const lead = `protected groups must have approval annotation "${APPROVED}"`;
  if (approval === "missing") errors.push(required(PATH, `${lead}, ${MORE}`));
  if (approval === "invalid") {
    const detail = `${lead} with either a URL or a reason starting with "unapproved", ${MORE}`;
    errors.push(invalid(PATH, next.metadata.annotations?.[APPROVED], detail));
  }
}
