import type { Kind, Registry } from "../../kinds/kind.ts";
import { warningsOf } from "../../kinds/warnings/index.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import type { Subject } from "../../machinery/meta/status.ts";
import type { TypeTable } from "../../machinery/schema/types.ts";
import type { Admission, Attributes } from "../access/admission/plugin.ts";
import type { Identity } from "../access/identity.ts";
import type { Store } from "../store/contract.ts";

/** What every verb works with; one per cluster. Nothing in it awaits. */
export interface Environment {
  store: Store;
  registry: Registry;
  types: TypeTable;
  admission: Admission;
  clock: Clock;
  /** At least 0, below 1. */
  random(): number;
  uuid(): string;
}

/** The object or collection a verb works on. */
export interface Target {
  kind: Kind;
  /** "" for cluster-scoped kinds and for all namespaces. */
  namespace: string;
  /** "" for a collection. */
  name: string;
  /** "" for the object itself. */
  subresource: string;
}

/** Who writes, and how. */
export interface Caller {
  identity: Identity;
  dryRun: boolean;
  /** Goes to the client as a Warning header. */
  warn(message: string): void;
  /** Goes to the audit log; absent where the request is not logged. */
  annotate?(key: string, value: string): void;
  /** Who owns what this write changes; absent or "": "unknown". */
  fieldManager?: string;
}

/** Tells the caller what is allowed of a valid object but will go. */
export function warnOf(
  caller: Caller,
  { kind, next, prev }: { kind: Kind; next: KubeObject; prev: KubeObject | undefined },
): void {
  const warnings = warningsOf(kind.storage);
  if (warnings) for (const warning of warnings(next, prev)) caller.warn(warning);
}

/** What a write leaves behind. */
export interface Outcome {
  /** HTTP status of success: 200, 201 or 202. */
  code: number;
  /** What the client is answered: exact JSON, in the version of the target's kind. */
  text: string;
  /**
   * The object after the write, when `text` is something else (a Status): its stored text; of what was deleted the
   * last one, with the deletion's revision.
   */
  stored?: string;
}

export const subjectOf = (kind: Kind, name: string): Subject => ({ group: kind.group, resource: kind.plural, name });

/** `apps/v1`, or `v1` in the core group. */
export const apiVersionOf = ({ group, version }: { group: string; version: string }): string =>
  group ? `${group}/${version}` : version;

export const keyOf = (
  target: Target,
  name: string = target.name,
): { resource: string; namespace: string; name: string } => ({
  resource: target.kind.storage,
  namespace: target.namespace,
  name,
});

/** Has a subresource that is created (a binding, an eviction, a token) looked at as any other object is. */
export function admitSubresource(env: Environment, target: Target, caller: Caller, object: KubeObject): void {
  const { kind, namespace, name, subresource } = target;
  const attributes: Attributes = { operation: "CREATE", kind, namespace, name, subresource, object, ...caller };
  env.admission.admit(attributes);
  env.admission.validate(attributes);
}

/** Thrown to take a dry run's writes back. */
class DryRunDone extends Error {
  readonly result: unknown;
  constructor(result: unknown) {
    super("dry run");
    this.result = result;
  }
}

/**
 * Runs the writing part of a verb. Verbs run inside a transaction of their caller's, which is all-or-nothing already;
 * a dry run does everything in one of its own and takes it back, so that it fails exactly where the real one would.
 */
export function committing<T>(env: Environment, caller: { dryRun: boolean }, work: () => T): T {
  if (!caller.dryRun) return work();
  try {
    env.store.transaction(() => {
      throw new DryRunDone(work());
    });
  } catch (error) {
    if (error instanceof DryRunDone) return error.result as T;
    throw error;
  }
  throw new Error("unreachable: a dry run always rolls back");
}
