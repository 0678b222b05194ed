import type { Ownership } from "../../machinery/apply/ownership.ts";
import { deepEqual } from "../../machinery/meta/equality.ts";
import { invalid, invalidObject } from "../../machinery/meta/field-error.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { objectMetaErrors, objectMetaUpdateErrors } from "../../machinery/meta/object-meta.ts";
import { conflict, notFound } from "../../machinery/meta/status.ts";
import type { StoredObject } from "../store/contract.ts";
import { detachedFromStorage, isUpToDate, type Stored, textFromStorage, toStorage } from "./convert.ts";
import { create } from "./create.ts";
import { nothingHoldsIt, removeRow } from "./deletion.ts";
import {
  type Caller,
  committing,
  type Environment,
  keyOf,
  type Outcome,
  subjectOf,
  type Target,
  warnOf,
} from "./environment.ts";
import { MODIFIED } from "./errors.ts";
import { hooksOf } from "./hooks/index.ts";
import { carryOver, checkPreconditions, dedupOwners, matchName, matchNamespace, otherUid } from "./metadata.ts";
import { encodeObject, parseObject } from "./object-text.ts";
import { ownersIfTheyFit, trackFields } from "./ownership.ts";

/**
 * Makes the new object out of the old one, which it may consume, and which has no managedFields: these come as text.
 * Absent when nothing is stored and the kind may be created by PUT. The result is decoded and defaulted.
 */
export type Transform = (prev: KubeObject | undefined, managed: string | undefined) => KubeObject;

export interface UpdateRequest {
  target: Target;
  caller: Caller;
  transform: Transform;
  /** `transform` makes its object out of the live one, which it needs; not so a PUT. */
  isPatch?: boolean;
  /** Who owns what afterwards, asked once `transform` is done; absent: the caller, what has changed. */
  ownership?(): Ownership;
  /** Creates what is not there, whatever the kind. */
  mayCreate?: boolean;
  /** Refuses a caller who may not create what is not there; absent: whoever may write may. @throws ApiError 403 */
  checkMayCreate?(): void;
  preconditions?: { uid?: string; resourceVersion?: string };
  /** What admission is shown instead of the object. */
  shown?: Shown;
}

/** A subresource of another kind, through which an object is written. */
export interface Shown {
  subresource: string;
  show(object: KubeObject): KubeObject;
  /** Takes over what admission has made of it. @throws ApiError for what is wrong */
  take(shown: KubeObject, into: KubeObject): void;
}

/**
 * Replaces an object or one of its subresources, in one turn: PUT and every kind of PATCH.
 * @throws ApiError, StoreError; then nothing was written
 */
export function update(env: Environment, request: UpdateRequest): Outcome {
  const { target, caller } = request;
  const { kind, subresource } = target;
  const row = env.store.get(keyOf(target));
  if (!row) return createInstead(env, request);

  const live = detachedFromStorage(row.value, kind);
  const { object: prev, managed } = live;
  checkPreconditions(request.preconditions, prev.metadata, target);
  const wanted = request.transform(live.copy(), managed);
  matchName(wanted.metadata, target.name);
  matchNamespace(wanted.metadata, target.namespace);
  checkVersion(wanted, prev, request);
  carryOver(wanted, prev, request);
  if (!request.isPatch) dedupOwners(wanted.metadata, caller.warn, "sent");
  const ownership = request.ownership?.() ?? trackFields(env, { target, caller, live, next: wanted });
  delete wanted.metadata.managedFields;

  const { shown } = request;
  const attributes = {
    operation: "UPDATE" as const,
    kind,
    namespace: target.namespace,
    name: target.name,
    subresource: shown?.subresource ?? subresource,
    object: shown?.show(wanted) ?? wanted,
    old: shown?.show(prev) ?? prev,
    identity: caller.identity,
    dryRun: caller.dryRun,
    warn: caller.warn,
    ...(caller.annotate && { annotate: caller.annotate }),
  };
  env.admission.admit(attributes);
  shown?.take(attributes.object, wanted);
  dedupOwners(wanted.metadata, caller.warn, "admitted");
  if (subresource === "") hooksOf(kind.storage).planUpdate?.(wanted, prev, env);
  const next = prepare(wanted, prev, target);
  bumpGeneration(next, prev, target);
  validateChange(next, prev, target);
  env.admission.validate({ ...attributes, object: shown?.show(next) ?? next });
  if (subresource === "") warnOf(caller, { kind, next, prev });
  return save(env, { target, caller, row, next, live, ownership, isApply: request.mayCreate ?? false });
}

function save(
  env: Environment,
  {
    target,
    caller,
    row,
    next,
    live,
    ownership,
    isApply,
  }: {
    target: Target;
    caller: Caller;
    row: StoredObject;
    next: KubeObject;
    live: Stored;
    ownership: Ownership;
    /** Who applies wants to own what is applied. */
    isApply: boolean;
  },
): Outcome {
  const { kind } = target;
  const { object: prev } = live;
  delete next.metadata.resourceVersion;
  // Later times of field managers alone are not worth a write.
  if (ownership.isSame && changesNothing(next, prev) && isUpToDate(env, row.value, kind))
    return { code: 200, text: textFromStorage(row.value, kind) };
  const text = committing(env, caller, () => {
    hooksOf(kind.storage).beforeUpdate?.(next, prev, env);
    const stored = toStorage(env, next, kind);
    // What is not kept has no version of its own.
    const encode = (revision: number, owners: string | undefined): string =>
      encodeObject(stored.object, stored.kind, caller.dryRun ? row.revision : revision, owners);
    if (nothingHoldsIt(next, prev, kind)) {
      return encode(removeRow(env, target, { ...live, revision: row.revision }).revision, ownership.managed);
    }
    const write = (owners: string | undefined): string =>
      env.store.update(keyOf(target), row.revision, (revision) => encode(revision, owners)).value;
    return isApply ? write(ownership.managed) : ownersIfTheyFit(ownership.managed, write);
  });
  return { code: 200, text: textFromStorage(text, kind) };
}

function changesNothing(next: KubeObject, prev: KubeObject): boolean {
  const { resourceVersion: _version, ...prevMeta } = prev.metadata;
  return deepEqual(next, { ...prev, metadata: prevMeta });
}

function createInstead(env: Environment, request: UpdateRequest): Outcome {
  const { target, caller, transform, isPatch, preconditions, mayCreate } = request;
  const subject = subjectOf(target.kind, target.name);
  const isAllowed = mayCreate || (!isPatch && target.kind.strategy.allowCreateOnUpdate);
  if (!isAllowed || preconditions || target.subresource !== "") throw notFound(subject);
  const object = transform(undefined, undefined);
  matchName(object.metadata, target.name);
  const ownership = request.ownership?.();
  const { uid } = object.metadata;
  if (uid && !mayCreate) throw conflict(subject, otherUid(uid, ""));
  request.checkMayCreate?.();
  // A version that was seen before it was deleted does not keep it from coming back.
  delete object.metadata.resourceVersion;
  return create(env, { target, caller, object, ...(ownership && { ownership }) });
}

/** Optimistic concurrency: whoever names a version must have seen the live one. */
function checkVersion(wanted: KubeObject, prev: KubeObject, { target, mayCreate }: UpdateRequest): void {
  const { kind, name } = target;
  const asked = wanted.metadata.resourceVersion;
  if (asked && asked !== "0") {
    if (asked !== prev.metadata.resourceVersion) throw conflict(subjectOf(kind, name), MODIFIED);
  } else if (kind.strategy.allowUnconditionalUpdate === false && !mayCreate) {
    // A patch has none only where it takes it away: it starts from the live object. A configuration needs none.
    // Upstream names the resource here, not the kind.
    throw invalidObject({ group: kind.group, kind: kind.plural, name }, [
      invalid("metadata.resourceVersion", 0, "must be specified for an update"),
    ]);
  }
}

/** Takes over what this endpoint may change and leaves the rest as it is. */
function prepare(wanted: KubeObject, prev: KubeObject, { kind, subresource }: Target): KubeObject {
  const { strategy } = kind;
  if (subresource === "") return strategy.prepareForUpdate?.(wanted, prev) ?? wanted;
  const rules = strategy.subresources?.[subresource];
  if (rules?.prepareForUpdate) return rules.prepareForUpdate(wanted, prev);
  const rest = parseObject(JSON.stringify(prev));
  const next: KubeObject = { ...rest, metadata: wanted.metadata };
  if (wanted.status === undefined) delete next.status;
  else next.status = wanted.status;
  return next;
}

function bumpGeneration(next: KubeObject, prev: KubeObject, { kind, subresource }: Target): void {
  const { generation: isKept, desiredMetadata } = kind.strategy;
  if (!isKept) return;
  const isSame =
    sameDesire(next, prev) &&
    (desiredMetadata === undefined ||
      subresource !== "" ||
      deepEqual(next.metadata[desiredMetadata] ?? {}, prev.metadata[desiredMetadata] ?? {}));
  const generation = prev.metadata.generation ?? 0;
  next.metadata.generation = isSame ? generation : generation + 1;
  if (next.metadata.generation === 0) delete next.metadata.generation;
}

function sameDesire(next: KubeObject, prev: KubeObject): boolean {
  const { metadata: _nextMeta, status: _nextStatus, ...wanted } = next;
  const { metadata: _prevMeta, status: _prevStatus, ...had } = prev;
  return deepEqual(wanted, had);
}

function validateChange(next: KubeObject, prev: KubeObject, { kind, subresource, namespace, name }: Target): void {
  const { strategy } = kind;
  const errors = [
    ...objectMetaErrors(next.metadata, {
      namespaced: kind.namespaced && namespace !== "",
      ...(strategy.nameErrors && { nameErrors: strategy.nameErrors }),
    }),
    ...objectMetaUpdateErrors(next.metadata, prev.metadata),
    ...(subresource === ""
      ? [...(strategy.validate?.(next) ?? []), ...(strategy.validateUpdate?.(next, prev) ?? [])]
      : (strategy.subresources?.[subresource]?.validateUpdate?.(next, prev) ?? [])),
  ];
  if (errors.length > 0) throw invalidObject({ group: kind.group, kind: kind.kind, name }, errors);
}
