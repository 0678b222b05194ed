import type { FieldError } from "../machinery/meta/field-error.ts";
import type { KubeObject } from "../machinery/meta/object.ts";

export type Verb = "create" | "delete" | "deletecollection" | "get" | "list" | "patch" | "update" | "watch";

/** A printer column of `kubectl get`; priority above 0 shows only with `-o wide`. */
export interface Column {
  name: string;
  type: "string" | "integer" | "number" | "boolean" | "date";
  /** "name" marks the object's name column, else "". */
  format: string;
  priority: number;
}

/** metav1.TableRowCondition */
export interface RowCondition {
  type: "Completed";
  status: "True";
  reason: string;
  message: string;
}

export interface SubresourceInfo {
  /** The kind the subresource speaks, such as autoscaling/v1 Scale. */
  group: string;
  version: string;
  kind: string;
  verbs: readonly Verb[];
}

/** What discovery says of a resource. One of these per served group, version and resource. */
export interface ResourceInfo {
  group: string;
  version: string;
  kind: string;
  /** The lower-case plural in the URL. */
  plural: string;
  singular: string;
  namespaced: boolean;
  verbs: readonly Verb[];
  shortNames: readonly string[];
  categories: readonly string[];
  subresources: { readonly [name: string]: SubresourceInfo };
  columns: readonly Column[];
  /** Key of the kind's type in the schema tables: "io.k8s.api.apps.v1.Deployment". */
  type: string;
}

/**
 * The rules of one kind. All functions are pure; `next` belongs to the callee, which may change it in place and
 * must return it; `prev` must not be changed. A function that is absent does nothing.
 */
export interface Strategy<T extends KubeObject = KubeObject> {
  /** Fills in documented defaults, on every decode of a write. Idempotent. */
  defaults?(next: T): T;
  /** Clears what clients may not set at creation (status, for most kinds). Runs before validate. */
  prepareForCreate?(next: T): T;
  /**
   * Carries over what the main resource may not change: status above all. The verb bumps metadata.generation itself
   * when anything but metadata and status has changed, for kinds with `generation: true`.
   */
  prepareForUpdate?(next: T, prev: T): T;
  /** Holds for every write of the main resource, creation and update alike. Metadata is checked by the verb. */
  validate?(next: T): FieldError[];
  /** Holds for creation only, besides `validate`. */
  validateCreate?(next: T): FieldError[];
  /** Holds for updates only, besides `validate`. */
  validateUpdate?(next: T, prev: T): FieldError[];
  /** Rules for writes through a subresource such as "status"; absent: status takes `status` and metadata only. */
  subresources?: {
    readonly [name: string]: {
      prepareForUpdate?(next: T, prev: T): T;
      validateUpdate?(next: T, prev: T): FieldError[];
    };
  };
  /** Whether metadata.generation is kept for this kind. */
  generation?: boolean;
  /** What of the metadata is desired as well, and so counted by generation; nothing for most kinds. */
  desiredMetadata?: "annotations" | "labels";
  /**
   * Grace period in seconds of a delete without one asked for; undefined: nothing runs that could use it, whatever is
   * asked for. Absent: the kind knows no grace. `prev` is the live object.
   */
  defaultGraceSeconds?(prev: T): number | undefined;
  /** PUT to a name that does not exist creates it (Lease, Event, Endpoints, …). */
  allowCreateOnUpdate?: boolean;
  /** PUT without resourceVersion overwrites. Default true, as for most kinds upstream. */
  allowUnconditionalUpdate?: boolean;
  /** Field selector keys beyond metadata.name and metadata.namespace, with the object's values. */
  selectableFields?(object: T): { [field: string]: string };
  /** Validation of metadata.name; absent: DNS-1123 subdomain. Messages as upstream's, [] when fine. */
  nameErrors?(name: string): string[];
  /**
   * Between this served version and the stored one (`Registry.findStorage`), for versions whose fields differ. Absent:
   * only apiVersion differs. The argument belongs to the callee.
   */
  toStored?(object: T): KubeObject;
  fromStored?(object: KubeObject): T;
  /** Cells of one table row, in the order of `columns`; `nowMs` dates ages. Absent: name and age. */
  row?(object: T, nowMs: number): (string | number | boolean | null)[];
  /** What is true of a whole row, such as that the object has run its course. */
  rowConditions?(object: T): RowCondition[];
}

/** A kind with its rules: what the verbs work on. */
export interface Kind<T extends KubeObject = KubeObject> extends ResourceInfo {
  /**
   * Where its objects are stored: group-resource ("pods", "deployments.apps"), whatever the served version. Kinds
   * served under two groups (events) share one.
   */
  storage: string;
  strategy: Strategy<T>;
}

/** Lookup over all kinds; kinds/registry.ts makes the one of the built-in kinds. */
export interface Registry {
  /** By URL: group "" is the core group. */
  find(group: string, version: string, plural: string): Kind | undefined;
  /** By apiVersion ("apps/v1") and kind. */
  findKind(apiVersion: string, kind: string): Kind | undefined;
  /** The preferred version of a storage key. */
  findStorage(storage: string): Kind | undefined;
  /** In discovery order. */
  all(): readonly Kind[];
}
