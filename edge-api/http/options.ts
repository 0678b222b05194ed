/** Query parameters and DeleteOptions bodies, as the verbs want them. */
import { type FieldError, fieldForbidden, invalid, notSupported, required } from "../../machinery/meta/field-error.ts";
import { fieldManagerErrors } from "../../machinery/meta/object-meta.ts";
import { ApiError, badRequest } from "../../machinery/meta/status.ts";
import type { FieldValidation } from "../verbs/decode.ts";
import type { DeleteOptions } from "../verbs/deletion.ts";
import type { ListOptions } from "../verbs/list.ts";
import type { RequestContext } from "./context.ts";
import { isTrue } from "./request-info.ts";

type Query = URLSearchParams | undefined;

export const listOptions = (query: Query): ListOptions => ({
  labelSelector: query?.get("labelSelector") ?? null,
  fieldSelector: query?.get("fieldSelector") ?? null,
  limit: wholeNumber(query, "limit") ?? 0,
  continueToken: query?.get("continue") || null,
  resourceVersion: query?.get("resourceVersion") ?? null,
  resourceVersionMatch: query?.get("resourceVersionMatch") || null,
  sendInitialEvents: query?.get("sendInitialEvents") ?? null,
});

/** Undefined when absent. @throws ApiError 400 for what is not a whole number */
export function wholeNumber(query: Query, name: string): number | undefined {
  const text = query?.get(name);
  if (text === null || text === undefined || text === "") return undefined;
  const value = /^-?\d{1,18}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax: parameter ${name}`);
  return value;
}

/** @param optionsKind what upstream names in the error: CreateOptions, UpdateOptions, PatchOptions, DeleteOptions */
export function isDryRun(values: readonly string[], optionsKind: string): boolean {
  if (values.length === 0) return false;
  const bad = values.filter((value) => value !== "All");
  if (bad.length > 0) throw invalidOptions(optionsKind, [notSupported("dryRun", values, ["All"])]);
  return true;
}

export function fieldValidationOf(query: Query): FieldValidation {
  const value = query?.get("fieldValidation") || "Warn";
  if (value === "Ignore" || value === "Warn" || value === "Strict") return value;
  throw invalidOptions("CreateOptions", [notSupported("fieldValidation", value, ["", "Ignore", "Warn", "Strict"])]);
}

export interface WriteOptions {
  dryRun: boolean;
  fieldValidation: FieldValidation;
  /** The one given, or else the client's program; may be "". */
  fieldManager: string;
  /** Of an apply: takes over what others own. */
  force: boolean;
}

/**
 * Options of a write other than delete.
 * @param optionsKind what upstream names in the error: CreateOptions, UpdateOptions, PatchOptions
 * @throws ApiError 422
 */
export function writeOptions(
  { query, request }: RequestContext,
  optionsKind: string,
  patchType?: string,
): WriteOptions {
  const fieldManager = query?.get("fieldManager") ?? "";
  const force = query?.get("force") ?? null;
  const errors: FieldError[] = [];
  if (patchType === "apply") {
    if (fieldManager === "") errors.push(required("fieldManager", "is required for apply patch"));
  } else if (force !== null && patchType !== undefined) {
    errors.push(fieldForbidden("force", "may not be specified for non-apply patch"));
  }
  if (fieldManager !== "") errors.push(...fieldManagerErrors(fieldManager, "fieldManager"));
  if (errors.length > 0) throw invalidOptions(optionsKind, errors);
  return {
    dryRun: query !== undefined && isDryRun(query.getAll("dryRun"), optionsKind),
    fieldValidation: query === undefined ? "Warn" : fieldValidationOf(query),
    fieldManager: fieldManager || managerOfUserAgent(request.headers.get("user-agent") ?? ""),
    force: isTrue(force),
  };
}

const NOT_PRINTABLE = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;
const MAX_MANAGER_BYTES = 128;

/** "kubectl" of "kubectl/v1.36.0 (linux/amd64)". */
export function managerOfUserAgent(userAgent: string): string {
  const slash = userAgent.indexOf("/");
  const program = (slash < 0 ? userAgent : userAgent.slice(0, slash)).replace(NOT_PRINTABLE, "");
  if (program.length * 3 <= MAX_MANAGER_BYTES) return program;
  const bytes = new Uint8Array(MAX_MANAGER_BYTES);
  return program.slice(0, new TextEncoder().encodeInto(program, bytes).read);
}

const POLICIES = ["Background", "Foreground", "Orphan"] as const;

interface DeleteOptionsBody {
  kind?: unknown;
  gracePeriodSeconds?: unknown;
  preconditions?: { uid?: unknown; resourceVersion?: unknown } | null;
  propagationPolicy?: unknown;
  orphanDependents?: unknown;
  dryRun?: unknown;
}

/** From the body, or from the query when there is no body. @throws ApiError 400, 422 */
export function deleteOptions(body: unknown, query: Query): { options: DeleteOptions; dryRun: boolean } {
  const given = body === undefined || body === null ? fromQuery(query) : fromBody(body);
  const errors: FieldError[] = [];
  const { propagationPolicy, orphanDependents, preconditions } = given;
  if (propagationPolicy !== undefined && orphanDependents !== undefined) {
    errors.push(
      invalid("propagationPolicy", propagationPolicy, "orphanDependents and deletionPropagation cannot be both set"),
    );
  }
  if (propagationPolicy !== undefined && !POLICIES.some((policy) => policy === propagationPolicy)) {
    errors.push(notSupported("propagationPolicy", propagationPolicy, ["Foreground", "Background", "Orphan", "nil"]));
  }
  if (errors.length > 0) throw invalidOptions("DeleteOptions", errors);
  const grace = whole(given.gracePeriodSeconds, "gracePeriodSeconds");
  const uid = text(preconditions?.uid, "preconditions.uid");
  const resourceVersion = text(preconditions?.resourceVersion, "preconditions.resourceVersion");
  return {
    options: {
      ...(grace !== undefined && { gracePeriodSeconds: grace }),
      ...(propagationPolicy !== undefined && {
        propagationPolicy: propagationPolicy as NonNullable<DeleteOptions["propagationPolicy"]>,
      }),
      ...(typeof orphanDependents === "boolean" && { orphanDependents }),
      ...((uid !== undefined || resourceVersion !== undefined) && {
        preconditions: {
          ...(uid !== undefined && { uid }),
          ...(resourceVersion !== undefined && { resourceVersion }),
        },
      }),
    },
    dryRun: isDryRun((given.dryRun as string[] | undefined) ?? [], "DeleteOptions"),
  };
}

function fromBody(body: unknown): DeleteOptionsBody {
  if (typeof body !== "object" || Array.isArray(body))
    throw badRequest("decoded object cannot be converted to DeleteOptions");
  const given = body as DeleteOptionsBody;
  if (given.kind !== undefined && given.kind !== "DeleteOptions")
    throw badRequest("decoded object cannot be converted to DeleteOptions");
  if (given.dryRun !== undefined && given.dryRun !== null && !Array.isArray(given.dryRun))
    throw badRequest("json: cannot unmarshal into Go struct field DeleteOptions.dryRun of type []string");
  const { preconditions, propagationPolicy, orphanDependents } = given;
  if (preconditions !== undefined && preconditions !== null && !isFields(preconditions))
    throw notOfType(preconditions, "preconditions", "v1.Preconditions");
  if (typeof (propagationPolicy ?? "") !== "string") throw notOfType(propagationPolicy, "propagationPolicy", "string");
  if (typeof (orphanDependents ?? false) !== "boolean") throw notOfType(orphanDependents, "orphanDependents", "bool");
  return dropNulls(given);
}

const isFields = (value: unknown): boolean => typeof value === "object" && !Array.isArray(value);

function notOfType(value: unknown, field: string, goType: string): ApiError {
  const found = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  return badRequest(`json: cannot unmarshal ${found} into Go struct field DeleteOptions.${field} of type ${goType}`);
}

const dropNulls = (given: DeleteOptionsBody): DeleteOptionsBody =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));

function fromQuery(query: Query): DeleteOptionsBody {
  const grace = wholeNumber(query, "gracePeriodSeconds");
  const orphan = query?.get("orphanDependents") ?? null;
  const policy = query?.get("propagationPolicy");
  return {
    ...(grace !== undefined && { gracePeriodSeconds: grace }),
    ...(policy && { propagationPolicy: policy }),
    ...(orphan !== null && { orphanDependents: isTrue(orphan) }),
    dryRun: query?.getAll("dryRun") ?? [],
  };
}

function whole(value: unknown, field: string): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw notOfType(value, field, "int64");
}

function text(value: unknown, field: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value;
  throw notOfType(value, field, "string");
}

function invalidOptions(kind: string, errors: readonly FieldError[]): ApiError {
  const lines = errors.map((e) => `${e.field}: ${e.message}`);
  return new ApiError(
    422,
    "Invalid",
    `${kind}.meta.k8s.io "" is invalid: ${lines.length === 1 ? lines[0] : `[${lines.join(", ")}]`}`,
    { group: "meta.k8s.io", kind, causes: errors.map(({ reason, message, field }) => ({ reason, message, field })) },
  );
}
