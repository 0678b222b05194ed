import type { Condition } from "../../kinds/generated/api/meta-v1.ts";
import type { StorageVersionMigration } from "../../kinds/generated/api/storagemigration-v1beta1.ts";
import type { Kind } from "../../kinds/kind.ts";
import { formatTime } from "../../machinery/clock.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import type { Status } from "../../machinery/meta/status.ts";
import { type Action, type Failure, NOTHING, type Plan } from "../runner/controller.ts";
import { patchOp, statusOp } from "../runner/ops.ts";
import { STORAGE_VERSION_MIGRATIONS } from "../view/resources.ts";

export interface SeenMigration {
  migration: StorageVersionMigration;
  /** Of what is to be migrated; undefined: nothing of this name is served. */
  kind: Kind | undefined;
  /** Whether there are objects of this kind at all: reviews are not kept. */
  isStored: boolean;
  /** To be rewritten now; none: all have been. */
  objects: readonly KubeObject[];
  failures: readonly Failure[];
  nowMs: number;
}

type Phase = "Running" | "Succeeded" | "Failed";

const REASONS: { readonly [phase in Phase]: string } = {
  Running: "StorageVersionMigrationInProgress",
  Succeeded: "StorageVersionMigrationSucceeded",
  Failed: "StorageVersionMigrationFailed",
};

/** Failures that pass: the migration goes on after them. */
const PASSING: ReadonlySet<Status["reason"]> = new Set([
  "ServerTimeout",
  "TooManyRequests",
  "ServiceUnavailable",
  "InternalError",
  "Timeout",
] as const);

const has = ({ status }: StorageVersionMigration, phase: Phase): boolean =>
  status?.conditions?.some(({ type, status: is }) => type === phase && is === "True") ?? false;

export const isOver = (migration: StorageVersionMigration): boolean =>
  has(migration, "Succeeded") || has(migration, "Failed");

/** One step of a migration that is not over: it is marked as running, objects are rewritten, it is marked as done. */
export function planMigration(seen: SeenMigration): Plan {
  const { migration, kind, isStored, objects, failures } = seen;
  const unhandled = (what: string): Plan => end(seen, "Failed", `migration encountered unhandled error: ${what}`);
  if (!kind) return end(seen, "Failed", "resource does not exist in discovery");
  if (!isStored) return unhandled("resource does not exist in GC");
  const failure = failures.find(({ op, status }) => op.resource === kind.storage && !PASSING.has(status.reason));
  if (failure) return unhandled(failure.status.message ?? "");
  if (!migration.status?.resourceVersion || !has(migration, "Running")) return begin(seen);
  if (objects.length === 0) return end(seen, "Succeeded", "");
  return { actions: objects.map((object) => rewrite(kind, object)), againAtMs: seen.nowMs };
}

/** Whoever has changed the object meanwhile, or made it anew, has migrated it. */
const rewrite = ({ storage }: Kind, object: KubeObject): Action => ({
  op: patchOp(storage, object, {}),
  isFine: ({ reason }) => reason === "Conflict",
});

/** Notes up to which resourceVersion objects need rewriting: up to the migration's own, made after all of them. */
const begin = (seen: SeenMigration): Plan =>
  write(seen, {
    resourceVersion: seen.migration.status?.resourceVersion ?? seen.migration.metadata.resourceVersion ?? "",
    conditions: conditionsOf(seen, "Running", ""),
  });

const end = (seen: SeenMigration, phase: Phase, message: string): Plan =>
  write(seen, { ...seen.migration.status, conditions: conditionsOf(seen, phase, message) });

function write({ migration }: SeenMigration, status: object): Plan {
  const op = statusOp(STORAGE_VERSION_MIGRATIONS, migration, status);
  return op ? { actions: [{ op }] } : NOTHING;
}

function conditionsOf({ migration, nowMs }: SeenMigration, phase: Phase, message: string): Condition[] {
  const lastTransitionTime = formatTime(nowMs);
  const before = (migration.status?.conditions ?? []).filter(({ type }) => type !== phase);
  const stopped = before.map(
    (one): Condition => (one.type === "Running" ? { ...one, status: "False", lastTransitionTime } : one),
  );
  return [...stopped, { type: phase, status: "True", lastTransitionTime, reason: REASONS[phase], message }];
}
