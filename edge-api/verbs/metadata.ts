/** The part of metadata that only the API server writes: registry/rest of apiserver. */
import { formatTime } from "../../machinery/clock.ts";
import { deepEqual } from "../../machinery/meta/equality.ts";
import type { KubeObject, ObjectMeta, OwnerReference } from "../../machinery/meta/object.ts";
import { ApiError, alreadyExists, badRequest, conflict, qualified } from "../../machinery/meta/status.ts";
import { fromStorage } from "./convert.ts";
import { type Environment, keyOf, subjectOf, type Target } from "./environment.ts";

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

/** Takes from a new object what no client may say of one, before anybody comes to own it. */
export function wipeSystemFields(meta: ObjectMeta): void {
  delete meta.deletionTimestamp;
  delete meta.deletionGracePeriodSeconds;
  delete meta.selfLink;
}

/** A new object gets what no client may choose. */
export function stampNew(meta: ObjectMeta, { kind, env }: { kind: Target["kind"]; env: Environment }): void {
  wipeSystemFields(meta);
  delete meta.generation;
  if (kind.strategy.generation) meta.generation = 1;
  meta.uid = env.uuid();
  meta.creationTimestamp = formatTime(env.clock.now());
}

/** @throws ApiError 500, as upstream, for a new object that is said to have a version already */
export function refuseVersion({ resourceVersion = "" }: ObjectMeta): void {
  if (/^0*[1-9]\d*$/.test(resourceVersion))
    throw new ApiError(500, "", "resourceVersion should not be set on objects to be created");
}

/**
 * Leaves each owner reference once, and tells of those that came twice.
 * @param when told to the client: what has made them come twice
 */
export function dedupOwners(meta: ObjectMeta, warn: (message: string) => void, when: "sent" | "admitted"): void {
  const { ownerReferences } = meta;
  if (ownerReferences === undefined || ownerReferences.length < 2) return;
  const kept: OwnerReference[] = [];
  const twice: string[] = [];
  for (const reference of ownerReferences) {
    if (kept.some((each) => each.uid === reference.uid && deepEqual(each, reference))) twice.push(reference.uid);
    else kept.push(reference);
  }
  if (twice.length === 0) return;
  meta.ownerReferences = kept;
  const after = when === "admitted" ? " after mutating admission happens" : "";
  warn(
    `.metadata.ownerReferences contains duplicate entries${after}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${twice.join(", ")}`,
  );
}

/**
 * What a write may not change of an existing object's metadata. A patch that names another uid is left for validation
 * to refuse: clients tell by that whether it was meant for this object.
 * @throws ApiError 409 when the writer saw another object (uid) than the stored one
 */
export function carryOver(
  next: KubeObject,
  prev: KubeObject,
  { target, isPatch }: { target: Target; isPatch?: boolean },
): void {
  const meta = next.metadata;
  const old = prev.metadata;
  if (!meta.uid) copyOrDelete(meta, old, "uid");
  else if (!isPatch && meta.uid !== old.uid)
    throw conflict(subjectOf(target.kind, target.name), otherUid(meta.uid, old.uid));
  copyOrDelete(meta, old, "creationTimestamp");
  // What says that an object is going cannot be taken back; saying it of one that is not is refused later.
  if (old.deletionTimestamp !== undefined) copyOrDelete(meta, old, "deletionTimestamp");
  if (old.deletionGracePeriodSeconds !== undefined) meta.deletionGracePeriodSeconds ??= old.deletionGracePeriodSeconds;
  copyOrDelete(meta, old, "generation");
  delete meta.selfLink;
}

export const otherUid = (wanted: string, found = ""): string =>
  `Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${found}`;

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
  if (uid !== undefined && uid !== meta.uid) throw conflict(subject, otherUid(uid, meta.uid));
  if (resourceVersion !== undefined && resourceVersion !== meta.resourceVersion)
    throw conflict(
      subject,
      `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${meta.resourceVersion ?? ""}`,
    );
}

export const MAX_NAME_ATTEMPTS = 8;

/** A new object's name is another's, who may be going; a generated one could not be made unique. */
export function nameTaken(env: Environment, target: Target, { name = "", generateName }: ObjectMeta): ApiError {
  const error = generateName ? noUniqueName(target, name) : alreadyExists(subjectOf(target.kind, name));
  const row = env.store.get(keyOf(target, name));
  const isGoing = row && fromStorage(row.value, target.kind).metadata.deletionTimestamp !== undefined;
  if (!isGoing) return error;
  return new ApiError(409, "AlreadyExists", `object is being deleted: ${error.message}`, error.status.details);
}

const noUniqueName = (target: Target, name: string): ApiError =>
  new ApiError(
    409,
    "AlreadyExists",
    `${qualified(subjectOf(target.kind, name))} already exists, the server was not able to generate a unique name for the object`,
    { name, ...(target.kind.group && { group: target.kind.group }), kind: target.kind.plural, retryAfterSeconds: 1 },
  );
