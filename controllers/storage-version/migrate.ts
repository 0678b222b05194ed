import type { StorageVersionMigration } from "../../kinds/generated/api/storagemigration-v1beta1.ts";
import type { Kind, Registry } from "../../kinds/kind.ts";
import type { AnyTable } from "../../machinery/cluster/feed-cache.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { type Controller, keyOf, NOTHING, splitKey } from "../runner/controller.ts";
import { STORAGE_VERSION_MIGRATIONS } from "../view/resources.ts";
import { isOver, planMigration } from "./plan-migration.ts";

/** Objects rewritten in one commit: others wait for it. */
const CHUNK = 500;

/** How far a migration has come. */
interface Progress {
  uid: string;
  /** Keys of the objects that are still to be rewritten, the next one last. */
  waiting: string[];
  /** Of these, what the plan before this one has seen to. */
  taken: number;
}

/**
 * Rewrites all objects of a resource, so that they are stored in the version in which they would be today. A rewrite
 * changes nothing else, so it may be done twice: after a restart a migration begins anew.
 * Source: https://kubernetes.io/docs/tasks/manage-kubernetes-objects/storage-version-migration/
 */
export function storageVersionMigrator(served: Registry): Controller {
  const running = new Map<string, Progress>();
  return {
    name: "storage-version-migrator-controller",
    watches: {
      [STORAGE_VERSION_MIGRATIONS]: ({ object }) => [object.metadata.name ?? ""],
    },
    plan(name, view, { failures, attempts, nowMs }) {
      const migration = view.storageVersionMigrations.get("", name);
      if (!migration || isOver(migration)) {
        running.delete(name);
        return NOTHING;
      }
      const kind = kindOf(migration, served);
      const table = kind && view.table(kind.storage);
      let objects: KubeObject[] = [];
      if (table && migration.status?.resourceVersion) {
        const progress = progressOf(migration, running.get(name), table);
        running.set(name, progress);
        // Nobody knows what became of an attempt that failed: it is made again.
        if (attempts === 0) progress.waiting.length -= progress.taken;
        objects = nextObjects(progress, table, Number(migration.status.resourceVersion));
      }
      return planMigration({ migration, kind, isStored: table !== undefined, objects, failures, nowMs });
    },
  };
}

function kindOf({ spec }: StorageVersionMigration, served: Registry): Kind | undefined {
  const { group = "", resource = "" } = spec.resource;
  return served.all().find((kind) => kind.group === group && kind.plural === resource);
}

function progressOf({ metadata }: KubeObject, before: Progress | undefined, table: AnyTable): Progress {
  const { uid = "" } = metadata;
  if (before?.uid === uid) return before;
  return { uid, waiting: [...(table.values() as Iterable<KubeObject>)].map(keyOf), taken: 0 };
}

/** What is to be rewritten now; nothing: all is. What was written after the checkpoint is stored as it should be. */
function nextObjects(progress: Progress, table: AnyTable, checkpoint: number): KubeObject[] {
  const { waiting } = progress;
  const objects: KubeObject[] = [];
  let at = waiting.length;
  while (at > 0 && objects.length < CHUNK) {
    const { namespace, name } = splitKey(waiting[--at]!);
    const object = table.get(namespace, name) as KubeObject | undefined;
    if (object && Number(object.metadata.resourceVersion) <= checkpoint) objects.push(object);
  }
  progress.taken = waiting.length - at;
  return objects;
}
