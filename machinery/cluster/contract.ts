/**
 * What controllers and the scheduler see of the cluster: a consistent snapshot, a change feed, and batched writes.
 * They never see HTTP or the store. Implemented by the ClusterStore object over RPC, and by a fake in tests.
 */
import type { KubeObject } from "../meta/object.ts";
import type { Status } from "../meta/status.ts";

/** A storage key: "pods", "deployments.apps". */
export type Resource = string;

export interface WriteOptions {
  fieldManager?: string;
  /** For delete. */
  propagationPolicy?: "Background" | "Foreground" | "Orphan";
  gracePeriodSeconds?: number;
  preconditions?: { uid?: string; resourceVersion?: string };
  /** "metadata": the result's object may be only apiVersion, kind and metadata. Default "object". */
  returns?: "object" | "metadata";
}

/** One write, with the semantics of the API verb of the same name, admission and validation included. */
export type WriteOp = {
  resource: Resource;
  /** "" for cluster-scoped resources. */
  namespace: string;
  options?: WriteOptions;
  /** User name this op is made as, instead of the batch's `actor`. */
  actor?: string;
  /**
   * Index in this batch of an earlier op. When that one failed, this one is not tried and fails with the same status
   * (an Event that tells of a Pod that could not be created).
   */
  needs?: number;
} & (
  | { verb: "create"; object: Fields /** "binding" or "eviction" for pods. */; subresource?: string; name?: string }
  /** Replaces. Optimistic when object.metadata.resourceVersion is set. */
  | { verb: "update"; name: string; subresource?: string; object: Fields }
  /** Optimistic when the patch sets metadata.resourceVersion. */
  | { verb: "patch"; name: string; subresource?: string; patchType: "merge" | "strategic" | "json"; patch: unknown }
  | { verb: "delete"; name: string }
  /** Deletes all objects of one resource in one namespace. The result's object is a metav1 Status. */
  | { verb: "deletecollection" }
);

type Fields = { [key: string]: unknown };

/**
 * `object` is what is stored after the op: for a delete the last version (still stored when it has a grace period or
 * finalizers), for a binding or eviction the pod. Its metadata.resourceVersion is the revision this op made, or the
 * one it had already when the op changed nothing: a subscriber at that revision or later has seen the op's effect.
 */
export type WriteResult = { ok: true; object: KubeObject } | { ok: false; status: Status };

export interface SnapshotPage {
  /** The revision all pages of this snapshot are at; changes after it come through the feed. */
  revision: number;
  /** JSON texts of the objects, without managedFields. */
  items: { resource: Resource; value: string }[];
  /** Opaque; absent on the last page. */
  next?: string;
}

/** One thing that happened to one object. */
export interface ChangeEvent {
  type: "ADDED" | "MODIFIED" | "DELETED";
  resource: Resource;
  namespace: string;
  name: string;
  revision: number;
  /** JSON text, without managedFields; for DELETED the last text. */
  value: string;
}

/**
 * All changes to the subscriber's resources with `from` < revision ≤ `to`. A subscriber that is not at `from` has
 * missed something and must take a snapshot. An empty batch says only that the revision is now `to`.
 */
export interface ChangeBatch {
  from: number;
  to: number;
  events: ChangeEvent[];
}

/** The ClusterStore as its subscribers see it (a Durable Object stub satisfies it). */
export interface Cluster {
  /**
   * All objects of `resources` at one revision, in pages of at most about 4 MB. Pass `next` of the page before.
   * @throws an Error whose name is "SnapshotExpired" when the pages took longer than history is kept: start again
   */
  snapshot(resources: Resource[], next?: string): Promise<SnapshotPage>;
  /**
   * Does all ops in order, each all-or-nothing by itself, in one commit; a failed op does not stop the others.
   * Results are in the order of ops. `actor` is the user name writes are made as, e.g.
   * "system:serviceaccount:kube-system:replicaset-controller".
   */
  write(actor: string, ops: WriteOp[]): Promise<WriteResult[]>;
  /**
   * Signs an approved CertificateSigningRequest of one of Kubernetes' own signers with the cluster's CA, whose key never
   * leaves the store's object. Absent where there is no CA.
   *
   * @param request as stored
   * @returns PEM of the certificate, for `status.certificate`
   * @throws an Error when the signer refuses the request (ask kinds/certificates/signers.ts before), it is not
   *   approved, or not signed by its own key
   */
  signCertificate?(request: KubeObject): Promise<string>;
}

/** A subscriber to the change feed (a Durable Object stub satisfies it). */
export interface ChangeSubscriber {
  /**
   * Told of every commit that touches its resources, one batch at a time, in order; returns once it has taken the
   * batch over (not once it has acted). Rejecting means: try again later with a fresh batch.
   */
  changes(batch: ChangeBatch): Promise<void>;
}
