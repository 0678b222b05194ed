/**
 * The resourceVersion and resourceVersionMatch parameters.
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
 */
import { type FieldError, fieldForbidden, notSupported } from "../../machinery/meta/field-error.ts";
import { ApiError, badRequest } from "../../machinery/meta/status.ts";
import type { Revision } from "../store/contract.ts";

const MAX_UINT64 = 2 ** 64;

/**
 * Undefined for absent and "".
 * @throws ApiError 400 for anything but a whole number, in the words of upstream, which says 500 (kubernetes#139485)
 */
export function parseResourceVersion(text: string | null | undefined): Revision | undefined {
  if (text === null || text === undefined || text === "") return undefined;
  const isNumber = /^\d{1,64}$/.test(text);
  if (isNumber && Number(text) < MAX_UINT64) return Number(text);
  const why = isNumber ? "value out of range" : "invalid syntax";
  const quoted = JSON.stringify(text);
  throw badRequest(`resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: ${why}`);
}

export interface VersionParameters {
  resourceVersion: string | null;
  resourceVersionMatch: string | null;
  /** Absent (null) when the parameter is. */
  sendInitialEvents: boolean | null;
  continueToken: string | null;
  watch: boolean;
  limit: number;
}

/** @throws ApiError 422 (Invalid ListOptions) for combinations that mean nothing */
export function checkVersionParameters(parameters: VersionParameters): void {
  const errors = parameters.watch ? watchErrors(parameters) : listErrors(parameters);
  if (errors.length === 0) return;
  const lines = errors.map((e) => `${e.field}: ${e.message}`);
  throw new ApiError(
    422,
    "Invalid",
    `ListOptions.meta.k8s.io "" is invalid: ${lines.length === 1 ? lines[0] : `[${lines.join(", ")}]`}`,
    {
      group: "meta.k8s.io",
      kind: "ListOptions",
      causes: errors.map(({ reason, message, field }) => ({ reason, message, field })),
    },
  );
}

function listErrors({
  resourceVersion,
  resourceVersionMatch: match,
  continueToken,
  sendInitialEvents,
}: VersionParameters): FieldError[] {
  const errors: FieldError[] = [];
  if (match) {
    if (!resourceVersion)
      errors.push(matchForbidden("resourceVersionMatch is forbidden unless resourceVersion is provided"));
    if (continueToken) errors.push(matchForbidden("resourceVersionMatch is forbidden when continue is provided"));
    if (match !== "Exact" && match !== "NotOlderThan")
      errors.push(notSupported("resourceVersionMatch", match, ["Exact", "NotOlderThan", ""]));
    if (match === "Exact" && resourceVersion === "0")
      errors.push(matchForbidden('resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  if (sendInitialEvents !== null)
    errors.push(fieldForbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
  return errors;
}

function watchErrors({
  resourceVersionMatch: match,
  sendInitialEvents,
  continueToken,
}: VersionParameters): FieldError[] {
  const errors: FieldError[] = [];
  if (sendInitialEvents !== null && match !== "NotOlderThan")
    errors.push(matchForbidden("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
  if (!match) return errors;
  if (sendInitialEvents === null)
    errors.push(matchForbidden("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"));
  if (match !== "NotOlderThan") errors.push(notSupported("resourceVersionMatch", match, ["NotOlderThan"]));
  if (continueToken) errors.push(matchForbidden("resourceVersionMatch is forbidden when continue is provided"));
  return errors;
}

const matchForbidden = (detail: string): FieldError => fieldForbidden("resourceVersionMatch", detail);
