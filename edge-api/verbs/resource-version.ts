/**
 * The resourceVersion and resourceVersionMatch parameters.
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
 */
import { type FieldError, fieldForbidden, notSupported } from "../../machinery/meta/field-error.ts";
import { ApiError, badRequest } from "../../machinery/meta/status.ts";
import type { Revision } from "../store/contract.ts";

/** Undefined for absent and "". @throws ApiError 400 for anything but a whole number */
export function parseResourceVersion(text: string | null | undefined): Revision | undefined {
  if (text === null || text === undefined || text === "") return undefined;
  const revision = /^\d{1,20}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(revision))
    throw badRequest(
      `Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  return revision;
}

export interface VersionParameters {
  resourceVersion: string | null;
  resourceVersionMatch: string | null;
  /** Absent (null) when the parameter is. */
  sendInitialEvents: string | null;
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
  ...p
}: VersionParameters): FieldError[] {
  const errors: FieldError[] = [];
  if (p.sendInitialEvents !== null)
    errors.push(fieldForbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
  if (!match) return errors;
  if (!resourceVersion)
    errors.push(
      fieldForbidden("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided"),
    );
  if (continueToken)
    errors.push(fieldForbidden("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided"));
  if (match !== "Exact" && match !== "NotOlderThan")
    errors.push(notSupported("resourceVersionMatch", match, ["Exact", "NotOlderThan", ""]));
  if (match === "Exact" && resourceVersion === "0")
    errors.push(
      fieldForbidden("resourceVersionMatch", 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'),
    );
  return errors;
}

function watchErrors({
  resourceVersionMatch: match,
  sendInitialEvents,
  continueToken,
}: VersionParameters): FieldError[] {
  const errors: FieldError[] = [];
  if (sendInitialEvents === null) {
    if (match)
      errors.push(
        fieldForbidden(
          "resourceVersionMatch",
          "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
        ),
      );
  } else {
    if (match !== "NotOlderThan")
      errors.push(
        fieldForbidden(
          "resourceVersionMatch",
          "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
        ),
      );
    if (continueToken)
      errors.push(
        fieldForbidden("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided"),
      );
  }
  return errors;
}
