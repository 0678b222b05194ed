import type { KubeObject } from "../../machinery/meta/object.ts";
import { badRequest, unsupportedMediaType } from "../../machinery/meta/status.ts";
import { applyJsonPatch } from "../../machinery/patch/json-patch.ts";
import { applyMergePatch } from "../../machinery/patch/merge-patch.ts";
import { applyStrategicMergePatch } from "../../machinery/patch/strategic.ts";
import { type DecodeOptions, decodeKind, type Shape } from "./decode.ts";
import type { Caller, Environment, Outcome, Target } from "./environment.ts";
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

/** The patched document; `document` is consumed. @throws ApiError 400, 422 for patches that do not apply */
export function applyPatch(env: Environment, document: KubeObject, { type, patch }: Patch, shape: Shape): unknown {
  switch (type) {
    case "json":
      return applyJsonPatch(document, patch as never);
    case "merge":
      return applyMergePatch(requireObject(document), requireObject(patch));
    case "strategic":
      return applyStrategicMergePatch({
        original: document,
        patch: requireObject(patch),
        types: env.types,
        type: shape.type,
      } as never);
  }
}

function requireObject<T>(patch: T): T {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) {
    throw badRequest("error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}");
  }
  return patch;
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
      return decodeKind(env, applyPatch(env, prev!, patch, kind), kind, decoding);
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
