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

/** @throws ApiError 400 */
export function listOptions(query: Query): ListOptions {
  // Nobody needs it here; what is no number is refused all the same.
  wholeNumber(query, "timeoutSeconds");
  const sendInitialEvents = query?.get("sendInitialEvents") ?? null;
  return {
    labelSelector: query?.get("labelSelector") ?? null,
    fieldSelector: query?.get("fieldSelector") ?? null,
    limit: wholeNumber(query, "limit") ?? 0,
    continueToken: query?.get("continue") || null,
    resourceVersion: query?.get("resourceVersion") ?? null,
    resourceVersionMatch: query?.get("resourceVersionMatch") || null,
    sendInitialEvents: sendInitialEvents === null ? null : isTrue(sendInitialEvents),
  };
}

const INT64_LIMIT = 2 ** 63;

/** Undefined when absent. @throws ApiError 400 for what is not a whole number */
export function wholeNumber(query: Query, name: string): number | undefined {
  const text = query?.get(name);
  if (text === null || text === undefined || text === "") return undefined;
  const isNumber = /^[-+]?\d+$/.test(text);
  const value = Number(text);
  if (isNumber && value < INT64_LIMIT && value >= -INT64_LIMIT) return value;
  const why = isNumber ? "value out of range" : "invalid syntax";
  throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: ${why}`);
}

const dryRunErrors = (values: readonly string[]): FieldError[] =>
  values.every((value) => value === "All") ? [] : [notSupported("dryRun", values, ["All"])];

const FIELD_VALIDATION: readonly string[] = ["", "Ignore", "Strict", "Warn"];

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
  const userAgent = (): string => managerOfUserAgent(request.headers.get("user-agent") ?? "");
  if (query === undefined && patchType !== "apply")
    return { dryRun: false, fieldValidation: "Warn", fieldManager: userAgent(), force: false };
  const fieldManager = query?.get("fieldManager") ?? "";
  const force = query?.get("force") ?? null;
  const dryRun = query?.getAll("dryRun") ?? [];
  const fieldValidation = query?.get("fieldValidation") ?? "";
  const errors: FieldError[] = [];
  if (patchType === "apply") {
    if (fieldManager === "") errors.push(required("fieldManager", "is required for apply patch"));
  } else if (force !== null && patchType !== undefined) {
    errors.push(fieldForbidden("force", "may not be specified for non-apply patch"));
  }
  errors.push(...fieldManagerErrors(fieldManager, "fieldManager"), ...dryRunErrors(dryRun));
  if (!FIELD_VALIDATION.includes(fieldValidation))
    errors.push(notSupported("fieldValidation", fieldValidation, FIELD_VALIDATION));
  if (errors.length > 0) throw invalidOptions(optionsKind, errors);
  return {
    dryRun: dryRun.length > 0,
    fieldValidation: (fieldValidation || "Warn") as FieldValidation,
    fieldManager: fieldManager || userAgent(),
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
  const dryRun = (given.dryRun as string[] | undefined) ?? [];
  errors.push(...dryRunErrors(dryRun));
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
    dryRun: dryRun.length > 0,
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
