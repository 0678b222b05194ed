/** The part of metadata that only the API server writes: registry/rest of apiserver. */
import { formatTime } from "../../machinery/clock.ts";
import type { KubeObject, ObjectMeta } from "../../machinery/meta/object.ts";
import { ApiError, badRequest, conflict, qualified } from "../../machinery/meta/status.ts";
import { type Environment, subjectOf, type Target } from "./environment.ts";

/** Gives an object without namespace the request's. @throws ApiError 400 when it names another */
export function matchNamespace(meta: ObjectMeta, namespace: string): void {
  if (namespace === "") delete meta.namespace;
  else if (!meta.namespace) meta.namespace = namespace;
  else if (meta.namespace !== namespace)
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
}

/** @throws ApiError 400 when the object's name is not the URL's, or is missing */
export function matchName(meta: ObjectMeta, name: string): void {
  if (!meta.name)
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  if (meta.name !== name)
    throw badRequest(`the name of the object (${meta.name}) does not match the name on the URL (${name})`);
}

/** A new object gets what no client may choose. */
export function stampNew(meta: ObjectMeta, { kind, env }: { kind: Target["kind"]; env: Environment }): void {
  delete meta.deletionTimestamp;
  delete meta.deletionGracePeriodSeconds;
  delete meta.selfLink;
  delete meta.generation;
  if (kind.strategy.generation) meta.generation = 1;
  meta.uid = env.uuid();
  meta.creationTimestamp = formatTime(env.clock.now());
}

/**
 * What a write may not change of an existing object's metadata.
 * @throws ApiError 409 when the writer saw another object (uid) or version than the stored one
 */
export function carryOver(next: KubeObject, prev: KubeObject, target: Target): void {
  const meta = next.metadata;
  const old = prev.metadata;
  const subject = subjectOf(target.kind, target.name);
  if (meta.uid && meta.uid !== old.uid) {
    throw conflict(
      subject,
      `Precondition failed: UID in precondition: ${meta.uid}, UID in object meta: ${old.uid ?? ""}`,
    );
  }
  copyOrDelete(meta, old, "uid");
  copyOrDelete(meta, old, "creationTimestamp");
  // What says that an object is going cannot be taken back; saying it of one that is not is refused later.
  if (old.deletionTimestamp !== undefined) copyOrDelete(meta, old, "deletionTimestamp");
  if (old.deletionGracePeriodSeconds !== undefined) meta.deletionGracePeriodSeconds ??= old.deletionGracePeriodSeconds;
  copyOrDelete(meta, old, "generation");
  delete meta.selfLink;
}

function copyOrDelete<K extends keyof ObjectMeta>(meta: ObjectMeta, old: ObjectMeta, key: K): void {
  if (old[key] === undefined) delete meta[key];
  else meta[key] = old[key];
}

/** @throws ApiError 409 when a delete's or update's preconditions do not hold */
export function checkPreconditions(
  preconditions: { uid?: string; resourceVersion?: string } | undefined,
  meta: ObjectMeta,
  target: Target,
): void {
  if (!preconditions) return;
  const { uid, resourceVersion } = preconditions;
  const subject = subjectOf(target.kind, target.name);
  if (uid !== undefined && uid !== meta.uid)
    throw conflict(subject, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${meta.uid ?? ""}`);
  if (resourceVersion !== undefined && resourceVersion !== meta.resourceVersion)
    throw conflict(
      subject,
      `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${meta.resourceVersion ?? ""}`,
    );
}

/** A name could not be made unique in `MAX_NAME_ATTEMPTS` tries. */
export const noUniqueName = (target: Target, name: string): ApiError =>
  new ApiError(
    409,
    "AlreadyExists",
    `${qualified(subjectOf(target.kind, name))} already exists, the server was not able to generate a unique name for the object`,
    { name, ...(target.kind.group && { group: target.kind.group }), kind: target.kind.plural, retryAfterSeconds: 1 },
  );

export const MAX_NAME_ATTEMPTS = 8;
