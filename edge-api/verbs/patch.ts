import { goText, goTypeOf } from "../../machinery/codec/go-text.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { ApiError, badRequest, unsupportedMediaType } from "../../machinery/meta/status.ts";
import { applyJsonPatch } from "../../machinery/patch/json-patch.ts";
import { applyMergePatch } from "../../machinery/patch/merge-patch.ts";
import { applyStrategicMergePatch } from "../../machinery/patch/strategic.ts";
import { type DecodeOptions, decodeShape, type Shape } from "./decode.ts";
import { apiVersionOf, type Caller, type Environment, type Outcome, type Target } from "./environment.ts";
import { update } from "./update.ts";

export type PatchType = "json" | "merge" | "strategic";

const TYPES: ReadonlyMap<string, PatchType> = new Map([
  ["application/json-patch+json", "json"],
  ["application/merge-patch+json", "merge"],
  ["application/strategic-merge-patch+json", "strategic"],
]);

/** "apply" is no patch of the object's text: see apply.ts. @throws ApiError 415 */
export function patchTypeOf(mediaType: string): PatchType | "apply" {
  if (mediaType === APPLY) return "apply";
  const type = TYPES.get(mediaType);
  if (type) return type;
  throw unsupportedMediaType(
    `the body of the request was in an unknown format - accepted media types include: ${[...TYPES.keys(), APPLY].join(", ")}`,
  );
}

const APPLY = "application/apply-patch+yaml";

export interface Patch {
  type: PatchType;
  /** Parsed JSON; may be consumed. */
  patch: unknown;
}

/**
 * The patched document as an object of `shape`; `document` is consumed.
 * @throws ApiError 400 for what is no patch, 422 when it does not apply or what comes out is no such object
 */
export function decodePatched(
  env: Environment,
  document: KubeObject,
  patch: Patch,
  { shape, decoding }: { shape: Shape; decoding: DecodeOptions },
): KubeObject {
  const strict = decodingOfPatch(patch, decoding);
  return decodeShape(env, applyPatch(env, document, patch, shape), shape, strict);
}

function applyPatch(env: Environment, document: KubeObject, { type, patch }: Patch, shape: Shape): unknown {
  switch (type) {
    case "json":
      return applyJsonPatch(document, patch as never);
    case "merge":
      return applyMergePatch(requireFields(document), requireFields(patch));
    case "strategic": {
      const patched = applyStrategicMergePatch({
        original: document,
        patch: requireFields(patch),
        types: env.types,
        type: shape.type,
      }) as KubeObject;
      // What the endpoint's objects are is not for the patch to say.
      return { ...patched, kind: shape.kind, apiVersion: apiVersionOf(shape) };
    }
  }
}

const MAP = "map[string]interface {}";

function requireFields<T>(value: T, where = ""): T {
  if (goTypeOf(value) === "object") return value;
  throw badRequest(`${where}json: cannot unmarshal ${goTypeOf(value)} into Go value of type ${MAP}`);
}

const STRICTLY = "error decoding patch: ";

/** How to decode what comes out of a patch. @throws ApiError 400 for what is no such patch */
function decodingOfPatch({ type, patch }: Patch, decoding: DecodeOptions): DecodeOptions {
  const { fieldValidation, duplicateFields = [], ...rest } = decoding;
  const refuse = (why: string, value: unknown): ApiError =>
    invalidPatch(type === "strategic" ? goText(patch) : JSON.stringify(value), why);
  if (fieldValidation === "Ignore") return { ...rest, fieldValidation, refuse };
  const twice = duplicateFields.map((path) => `duplicate field "${path}"`);
  if (type === "merge") requireFields(patch, STRICTLY);
  const complaints = type === "json" ? [...unknownInOperations(patch), ...twice].map((c) => `json patch ${c}`) : twice;
  return { ...rest, fieldValidation, complaints, refuse };
}

const OPERATION_FIELDS: ReadonlySet<string> = new Set(["op", "path", "from", "value"]);
const MAX_COMPLAINTS = 100;

function unknownInOperations(patch: unknown): string[] {
  if (!Array.isArray(patch))
    throw badRequest(
      `${STRICTLY}json: cannot unmarshal ${goTypeOf(patch)} into Go value of type []handlers.jsonPatchOp`,
    );
  const found: string[] = [];
  for (const [i, operation] of patch.entries()) {
    if (goTypeOf(operation) !== "object")
      throw badRequest(
        `${STRICTLY}json: cannot unmarshal ${goTypeOf(operation)} into Go value of type handlers.jsonPatchOp`,
      );
    for (const [field, value] of Object.entries(operation)) {
      if (!OPERATION_FIELDS.has(field)) found.push(`unknown field "[${i}].${field}"`);
      else if (field !== "value" && value !== null && typeof value !== "string")
        throw badRequest(
          `${STRICTLY}json: cannot unmarshal ${goTypeOf(value)} into Go struct field jsonPatchOp.${field} of type string`,
        );
    }
    if (found.length > MAX_COMPLAINTS) break;
  }
  return found;
}

/** What is shown of an object that a patch has spoilt. */
const MAX_SHOWN = 16 * 1024;

/** What comes out of the patch is not an object of the kind. Names neither kind nor object, as upstream. */
function invalidPatch(shown: string, why: string): ApiError {
  const message = `Invalid value: ${JSON.stringify(shown.slice(0, MAX_SHOWN))}: ${why}`;
  return new ApiError(422, "Invalid", ` "" is invalid: patch: ${message}`, {
    causes: [{ reason: "FieldValueInvalid", message, field: "patch" }],
  });
}

/**
 * PATCH of an object or a subresource that is shown as the whole object.
 * @throws ApiError, StoreError; then nothing was written
 */
export function patch(
  env: Environment,
  {
    target,
    caller,
    patch,
    decoding,
    preconditions,
  }: {
    target: Target;
    caller: Caller;
    patch: Patch;
    decoding: DecodeOptions;
    preconditions?: { uid?: string; resourceVersion?: string };
  },
): Outcome {
  const { kind } = target;
  return update(env, {
    target,
    caller,
    isPatch: true,
    ...(preconditions && { preconditions }),
    transform(prev, managed) {
      // Unless the patch is about it, who owns what needs not even be parsed.
      if (managed !== undefined && touchesManagedFields(patch)) prev!.metadata.managedFields = JSON.parse(managed);
      const object = decodePatched(env, prev!, patch, { shape: kind, decoding });
      return kind.strategy.defaults?.(object) ?? object;
    },
  });
}

function touchesManagedFields({ type, patch }: Patch): boolean {
  if (type !== "json") {
    const { metadata } = (patch ?? {}) as { metadata?: unknown };
    return typeof metadata === "object" && metadata !== null && "managedFields" in metadata;
  }
  // Any part of the path to it, too: "", "/metadata".
  const touches = (path: unknown): boolean =>
    typeof path === "string" && (path.startsWith(MANAGED_FIELDS) || MANAGED_FIELDS.startsWith(path));
  const operations = Array.isArray(patch) ? (patch as { path?: unknown; from?: unknown }[]) : [];
  return operations.some((operation) => touches(operation?.path) || touches(operation?.from));
}

const MANAGED_FIELDS = "/metadata/managedFields";
