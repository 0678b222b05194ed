import type { Ownership } from "../../machinery/apply/ownership.ts";
import { invalidObject } from "../../machinery/meta/field-error.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { objectMetaErrors } from "../../machinery/meta/object-meta.ts";
import { generateName } from "../../machinery/meta/random.ts";
import type { Attributes } from "../access/admission/plugin.ts";
import { StoreError } from "../store/contract.ts";
import { textFromStorage, toStorage } from "./convert.ts";
import { type Caller, committing, type Environment, keyOf, type Outcome, type Target, warnOf } from "./environment.ts";
import { hooksOf } from "./hooks/index.ts";
import {
  dedupOwners,
  MAX_NAME_ATTEMPTS,
  matchNamespace,
  nameTaken,
  refuseVersion,
  stampNew,
  wipeSystemFields,
} from "./metadata.ts";
import { encodeObject } from "./object-text.ts";
import { ownersIfTheyFit, trackFields } from "./ownership.ts";

/**
 * Creates `object`, which is decoded and defaulted and from here on belongs to this function. `ownership`:
 * who owns what; absent: the caller, everything.
 * @throws ApiError, StoreError; then nothing was written
 */
export function create(
  env: Environment,
  { target, caller, object, ownership }: { target: Target; caller: Caller; object: KubeObject; ownership?: Ownership },
): Outcome {
  const { kind } = target;
  const { strategy } = kind;
  const meta = object.metadata;
  wipeSystemFields(meta);
  matchNamespace(meta, target.namespace);
  dedupOwners(meta, caller.warn, "sent");
  const live = { object: undefined, managed: undefined };
  const { managed } = ownership ?? trackFields(env, { target, caller, live, next: object });
  delete meta.managedFields;

  const attributes: Attributes = {
    operation: "CREATE",
    kind,
    namespace: target.namespace,
    name: meta.name ?? "",
    subresource: "",
    object,
    identity: caller.identity,
    dryRun: caller.dryRun,
    warn: caller.warn,
    ...(caller.annotate && { annotate: caller.annotate }),
  };
  env.admission.admit(attributes);
  dedupOwners(meta, caller.warn, "admitted");

  const generated = !meta.name && meta.generateName ? meta.generateName : undefined;
  if (generated !== undefined) meta.name = generateName(generated, env.random);
  stampNew(meta, { kind, env });
  hooksOf(kind.storage).planCreate?.(object, env);
  const next = strategy.prepareForCreate?.(object) ?? object;
  validateNew(next, target);
  env.admission.validate({ ...attributes, object: next, name: next.metadata.name ?? "" });
  warnOf(caller, { kind, next, prev: undefined });

  if (!caller.dryRun) refuseVersion(meta);
  if (generated !== undefined) pickFreeName(env, target, next, generated);
  const text = committing(env, caller, () => {
    hooksOf(kind.storage).beforeCreate?.(next, env);
    const stored = toStorage(env, next, kind);
    const write = (owners: string | undefined): string =>
      env.store.create(keyOf(target, next.metadata.name), (revision) =>
        encodeObject(stored.object, stored.kind, caller.dryRun ? undefined : revision, owners),
      ).value;
    try {
      return ownership ? write(managed) : ownersIfTheyFit(managed, write);
    } catch (error) {
      if (error instanceof StoreError && error.code === "AlreadyExists") throw nameTaken(env, target, next.metadata);
      throw error;
    }
  });
  return { code: 201, text: textFromStorage(text, kind) };
}

function validateNew(next: KubeObject, { kind, namespace }: Target): void {
  const { strategy } = kind;
  const errors = [
    ...objectMetaErrors(next.metadata, {
      namespaced: kind.namespaced && namespace !== "",
      ...(strategy.nameErrors && { nameErrors: strategy.nameErrors }),
    }),
    ...(strategy.validate?.(next) ?? []),
    ...(strategy.validateCreate?.(next) ?? []),
  ];
  if (errors.length > 0)
    throw invalidObject({ group: kind.group, kind: kind.kind, name: next.metadata.name ?? "" }, errors);
}

/** Tries other suffixes while the generated name is taken. @throws ApiError 409 when they are all taken */
function pickFreeName(env: Environment, target: Target, next: KubeObject, base: string): void {
  for (let attempt = 1; env.store.get(keyOf(target, next.metadata.name)); attempt++) {
    if (attempt === MAX_NAME_ATTEMPTS) throw nameTaken(env, target, next.metadata);
    next.metadata.name = generateName(base, env.random);
  }
}
