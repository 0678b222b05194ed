/**
 * Server-side apply: PATCH with a configuration, which creates what is not there.
 * Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
import { applyConfiguration } from "../../machinery/apply/apply.ts";
import { NO_OWNERS } from "../../machinery/apply/ownership.ts";
import { goTypeOf } from "../../machinery/codec/go-text.ts";
import { duplicateWarnings, strictErrors } from "../../machinery/codec/json.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { badRequest, conflict } from "../../machinery/meta/status.ts";
import { type DecodeOptions, decodeKind } from "./decode.ts";
import { type Caller, type Environment, type Outcome, subjectOf, type Target } from "./environment.ts";
import { fieldWrite } from "./ownership.ts";
import { update } from "./update.ts";

export interface ApplyPatch {
  target: Target;
  /** Its fieldManager is the applier. */
  caller: Caller;
  /** Parsed; belongs to the callee. */
  config: unknown;
  force: boolean;
  decoding: DecodeOptions;
  /** Refuses, when the object is not there, a caller who may not create it. @throws ApiError 403 */
  checkMayCreate(): void;
}

/** @throws ApiError, StoreError; then nothing was written */
export function apply(
  env: Environment,
  { target, caller, config, force, decoding, checkMayCreate }: ApplyPatch,
): Outcome {
  const { kind } = target;
  const configuration = asConfiguration(config);
  let ownership = NO_OWNERS;
  return update(env, {
    target,
    caller,
    isPatch: true,
    mayCreate: true,
    checkMayCreate,
    ownership: () => ownership,
    transform(prev, managed) {
      const request = { ...fieldWrite(env, target, caller), kind: kind.kind, group: kind.group, force };
      const applied = applyConfiguration({ object: prev, managed }, configuration, request);
      ownership = applied.ownership;
      reportDuplicates(decoding);
      // The configuration has been held against the schema already, so nothing unknown is left to complain of.
      const next = decodeKind(env, applied.object, kind, { fieldValidation: "Ignore", warn: decoding.warn });
      if (prev === undefined) checkNew(next, target);
      return next;
    },
  });
}

/** @throws ApiError 400 */
export function asConfiguration(config: unknown): { [field: string]: unknown } {
  // No document at all is one without fields.
  if (config === null) return {};
  if (typeof config === "object" && !Array.isArray(config)) return config as { [field: string]: unknown };
  throw badRequest(
    `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${goTypeOf(config)} into Go value of type map[string]interface {}`,
  );
}

/** @throws ApiError 400 when validation is strict */
export function reportDuplicates({ duplicateFields = [], fieldValidation, warn }: DecodeOptions): void {
  if (duplicateFields.length === 0 || fieldValidation === "Ignore") return;
  if (fieldValidation === "Strict") {
    const errors = strictErrors(duplicateFields).join(", ");
    throw badRequest(`error strict decoding YAML: error converting YAML to JSON: ${errors}`);
  }
  for (const complaint of duplicateWarnings(duplicateFields)) warn(complaint);
}

/** @throws ApiError 409 when the configuration is meant for an object that has gone */
function checkNew(next: KubeObject, { kind, name }: Target): void {
  const { uid } = next.metadata;
  if (!uid) return;
  throw conflict(
    subjectOf(kind, name),
    `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
  );
}
