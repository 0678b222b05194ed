import type { KubeObject } from "../../machinery/meta/object.ts";
import { badRequest, notImplemented, unsupportedMediaType } from "../../machinery/meta/status.ts";
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

/** @throws ApiError 415, 501 (server-side apply) */
export function patchTypeOf(mediaType: string): PatchType {
  const type = TYPES.get(mediaType);
  if (type) return type;
  if (mediaType.startsWith("application/apply-patch+")) throw notImplemented("server-side apply");
  throw unsupportedMediaType(
    `the body of the request was in an unknown format - accepted media types include: ${[...TYPES.keys(), "application/apply-patch+yaml"].join(", ")}`,
  );
}

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
    transform: (prev) => decodeKind(env, applyPatch(env, prev!, patch, kind), kind, decoding),
  });
}
