import type { Job } from "../../kinds/batch/v1-types.ts";
import type { Pod } from "../../kinds/core/v1-types.ts";
import type { Change } from "../../machinery/cluster/feed-cache.ts";
import { type Controller, keyOf, NOTHING, splitKey } from "../runner/controller.ts";
import { JOBS, PODS } from "../view/resources.ts";
import { controllerOf, type View } from "../view/view.ts";
import { matchingOwners } from "../workload/owners.ts";
import { isFinished } from "./conditions.ts";
import { isTracked } from "./job-pods.ts";
import { isManagedElsewhere, planJob, planOrphan } from "./plan.ts";

/** Marks the key of a pod that may be tracked by no Job. */
const ORPHAN = "orphan:";

export const jobController: Controller = {
  name: "job-controller",
  watches: {
    [JOBS]: ({ type, object }: Change<Job>, view) =>
      type === "deleted" || isFinished(object) ? [keyOf(object), ...trackedPods(object, view)] : [keyOf(object)],
    [PODS]: (change: Change<Pod>, view) => {
      const { type, object } = change;
      const owners = [...matchingOwners(change, { kind: "Job", owners: view.jobs })];
      return type !== "deleted" && isTracked(object) ? [...owners, ORPHAN + keyOf(object)] : owners;
    },
  },
  plan(key, view, { nowMs, random, failures }) {
    if (key.startsWith(ORPHAN)) {
      const { namespace, name } = splitKey(key.slice(ORPHAN.length));
      const pod = view.pods.get(namespace, name);
      return pod && isAbandoned(pod, view) ? planOrphan(pod) : NOTHING;
    }
    const { namespace, name } = splitKey(key);
    const job = view.jobs.get(namespace, name);
    if (!job) return NOTHING;
    return planJob({
      job,
      controlled: view.controlledBy<Pod>(job.metadata.uid ?? "", PODS),
      orphans: view.pods.by("orphan", namespace),
      failures,
      nowMs,
      random,
    });
  },
};

/** Its Job is gone or has ended. A pod of somebody else's kind of Job is none of ours. */
function isAbandoned(pod: Pod, view: View): boolean {
  const owner = controllerOf(pod);
  if (owner && owner.kind !== "Job") return false;
  const entry = owner && view.byUid(owner.uid);
  if (!entry || entry.resource !== JOBS) return true;
  // Whoever else manages the Job sees to its pods, also when it has ended.
  return isFinished(entry.object as Job) && !isManagedElsewhere(entry.object as Job);
}

function* trackedPods(job: Job, view: View): Generator<string> {
  for (const pod of view.controlledBy<Pod>(job.metadata.uid ?? "", PODS)) if (isTracked(pod)) yield ORPHAN + keyOf(pod);
}
