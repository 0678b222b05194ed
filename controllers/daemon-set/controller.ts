import type { ControllerRevision, DaemonSet } from "../../kinds/apps/v1-types.ts";
import type { Node, Pod } from "../../kinds/core/v1-types.ts";
import type { Change } from "../../machinery/cluster/feed-cache.ts";
import { deepEqual } from "../../machinery/meta/equality.ts";
import { type Controller, keyOf, NOTHING, splitKey } from "../runner/controller.ts";
import { CONTROLLER_REVISIONS, DAEMON_SETS, NODES, PODS } from "../view/resources.ts";
import { controllerOf, type View } from "../view/view.ts";
import { matchingOwners } from "../workload/owners.ts";
import { planDaemonSet } from "./plan.ts";

/** Upstream's: a daemon that fails on a node is not made anew there in a hot loop. */
const BACKOFF_BASE_MS = 1_000;
const BACKOFF_MAX_MS = 900_000;
/** More than this is forgotten, all at once: a failing pod is then replaced once more at once. */
const MAX_REMEMBERED = 10_000;

/** Keeps one pod of each DaemonSet on each node it belongs on. */
export function daemonSetController(): Controller {
  /** By DaemonSet and node. Lost with the process: then a failing pod is replaced once more at once. */
  const failures = new Map<string, { delayMs: number; atMs: number }>();
  return {
    name: "daemonset-controller",
    watches: {
      [DAEMON_SETS]: ({ object }) => [keyOf(object)],
      [PODS]: (change, view) => matchingOwners(change, { kind: "DaemonSet", owners: view.daemonSets }),
      [NODES]: (change, view) => (changesFit(change) ? allKeys(view) : undefined),
      [CONTROLLER_REVISIONS]: ({ object }) => {
        const owner = controllerOf(object);
        return owner?.kind === "DaemonSet" ? [`${object.metadata.namespace}/${owner.name}`] : undefined;
      },
    },
    plan(key, view, { nowMs, random }) {
      const { namespace, name } = splitKey(key);
      const set = view.daemonSets.get(namespace, name);
      if (!set) return NOTHING;
      const uid = set.metadata.uid ?? "";
      const plan = planDaemonSet({
        set,
        controlled: view.controlledBy<Pod>(uid, PODS),
        orphans: view.pods.by("orphan", namespace),
        revisions: view.controlledBy<ControllerRevision>(uid, CONTROLLER_REVISIONS),
        orphanRevisions: view.controllerRevisions.by("orphan", namespace),
        revisionNamed: (revision) => view.controllerRevisions.get(namespace, revision),
        nodes: view.nodes.values(),
        backoffUntilMs(node) {
          const failure = failures.get(`${uid}/${node}`);
          return failure ? failure.atMs + failure.delayMs : 0;
        },
        nowMs,
        random,
      });
      if (failures.size > MAX_REMEMBERED) failures.clear();
      for (const node of plan.failed) {
        const before = failures.get(`${uid}/${node}`);
        const isRecent = before !== undefined && nowMs - before.atMs <= 2 * BACKOFF_MAX_MS;
        const delayMs = isRecent ? Math.min(before.delayMs * 2, BACKOFF_MAX_MS) : BACKOFF_BASE_MS;
        failures.set(`${uid}/${node}`, { delayMs, atMs: nowMs });
      }
      return plan;
    },
  };
}

function changesFit({ type, object, previous }: Change<Node>): boolean {
  if (type !== "changed" || !previous) return true;
  return (
    !deepEqual(object.metadata.labels, previous.metadata.labels) ||
    !deepEqual(object.spec?.taints, previous.spec?.taints)
  );
}

function* allKeys(view: View): Generator<string> {
  for (const set of view.daemonSets.values()) yield keyOf(set as DaemonSet);
}
