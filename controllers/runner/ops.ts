import type { Resource, WriteOp, WriteOptions } from "../../machinery/cluster/contract.ts";
import { deepEqual } from "../../machinery/meta/equality.ts";
import type { Fields, KubeObject, ObjectMeta, OwnerReference } from "../../machinery/meta/object.ts";

const at = (resource: Resource, { metadata }: { metadata: ObjectMeta }) => ({
  resource,
  namespace: metadata.namespace ?? "",
  name: metadata.name ?? "",
});

export function createOp(resource: Resource, object: { metadata: ObjectMeta } & Fields): WriteOp {
  return { verb: "create", resource, namespace: object.metadata.namespace ?? "", object };
}

/** Deletes this very object, not another of the same name. */
export function deleteOp(resource: Resource, object: KubeObject, options: WriteOptions = {}): WriteOp {
  const uid = object.metadata.uid;
  return { verb: "delete", ...at(resource, object), options: { ...(uid && { preconditions: { uid } }), ...options } };
}

export interface PatchOptions {
  subresource?: string;
  /**
   * "seen" (default): fails with a conflict if the object has changed since. "any": for fields that nobody else writes;
   * then two controllers can write to one object in one commit.
   */
  version?: "seen" | "any";
}

/** A merge patch of this very object, not of another of the same name. */
export function patchOp(resource: Resource, object: KubeObject, patch: Fields, options: PatchOptions = {}): WriteOp {
  const { subresource, version = "seen" } = options;
  const { uid, resourceVersion } = object.metadata;
  const metadata = {
    ...(patch.metadata as Fields | undefined),
    ...(uid && { uid }),
    ...(version === "seen" && resourceVersion && { resourceVersion }),
  };
  return {
    verb: "patch",
    ...at(resource, object),
    patchType: "merge",
    patch: { ...patch, metadata },
    ...(subresource && { subresource }),
  };
}

/** Makes `status` the object's status; undefined when it is already. For a status that the caller alone writes. */
export function statusOp(
  resource: Resource,
  object: KubeObject,
  status: object,
  options: Pick<PatchOptions, "version"> = { version: "any" },
): WriteOp | undefined {
  const changes = mergeDifference((object.status ?? {}) as Fields, status as Fields);
  return changes && patchOp(resource, object, { status: changes }, { subresource: "status", ...options });
}

/** Takes a finalizer away, whatever else changes meanwhile. */
export function removeFinalizerOp(resource: Resource, object: KubeObject, finalizer: string): WriteOp {
  const index = object.metadata.finalizers?.indexOf(finalizer) ?? -1;
  const path = `/metadata/finalizers/${index}`;
  return {
    verb: "patch",
    ...at(resource, object),
    patchType: "json",
    patch: [
      { op: "test", path: "/metadata/uid", value: object.metadata.uid },
      { op: "test", path, value: finalizer },
      { op: "remove", path },
    ],
  };
}

/** The merge patch (RFC 7386) that turns `from` into `to`; undefined when they are equal. */
export function mergeDifference(from: Fields, to: Fields): Fields | undefined {
  const patch: Fields = {};
  for (const key of Object.keys(from)) {
    if (to[key] === undefined && from[key] !== undefined) patch[key] = null;
  }
  for (const [key, value] of Object.entries(to)) {
    if (value === undefined || deepEqual(from[key], value)) continue;
    patch[key] = isFields(value) && isFields(from[key]) ? mergeDifference(from[key], value) : value;
  }
  return Object.keys(patch).length > 0 ? patch : undefined;
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const controllerReference = ({ apiVersion, kind, metadata }: KubeObject): OwnerReference => ({
  apiVersion,
  kind,
  name: metadata.name ?? "",
  uid: metadata.uid ?? "",
  controller: true,
  blockOwnerDeletion: true,
});
