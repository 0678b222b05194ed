import { ApiError, forbidden, type StatusReason } from "../../../machinery/meta/status.ts";
import type { Attributes } from "../admission/plugin.ts";
import { nameOf } from "../admission/refuse.ts";

const CODES: { readonly [reason: string]: number } = {
  Forbidden: 403,
  Unauthorized: 401,
  RequestEntityTooLarge: 413,
  Invalid: 422,
};

/** Admission's words of a refusal, under the reason that a policy gives. */
export function policyRefusal(attributes: Attributes, message: string, reason = "Invalid"): ApiError {
  const { kind } = attributes;
  const { status } = forbidden({ group: kind.group, resource: kind.plural, name: nameOf(attributes) }, message);
  const details = { ...status.details, causes: [{ message }] };
  return new ApiError(CODES[reason] ?? 422, reason as StatusReason, status.message ?? message, details);
}
