import type { KubeObject } from "../../../machinery/meta/object.ts";
import type { Environment } from "../environment.ts";

/**
 * What the API server itself does beside storing an object of one kind, in the same transaction: allocation, and the
 * two-phase deletion of namespaces. Whatever only looks at the object belongs to its strategy in kinds/ instead.
 */
export interface StorageHooks {
  /**
   * After mutating admission, before the strategy and validation: fills in what the API server chooses itself. Writes
   * nothing. @throws ApiError
   */
  planCreate?(next: KubeObject, env: Environment): void;
  planUpdate?(next: KubeObject, prev: KubeObject, env: Environment): void;
  /** After validation. May fill in fields of `next`. @throws ApiError to refuse; everything is rolled back. */
  beforeCreate?(next: KubeObject, env: Environment): void;
  beforeUpdate?(next: KubeObject, prev: KubeObject, env: Environment): void;
  /** Once the row is gone. */
  afterDelete?(prev: KubeObject, env: Environment): void;
  /** Deleting only marks the object as long as this holds, besides its finalizers. */
  deletionPending?(object: KubeObject): boolean;
  /** Changes an object that is being marked as deleted. */
  markDeleted?(object: KubeObject): void;
}
