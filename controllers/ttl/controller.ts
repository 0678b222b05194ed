import type { Job } from "../../kinds/batch/v1-types.ts";
import { isFinished } from "../job/conditions.ts";
import { type Controller, keyOf, NOTHING, type Plan, splitKey } from "../runner/controller.ts";
import { deleteOp } from "../runner/ops.ts";
import { JOBS } from "../view/resources.ts";

/** Deletes Jobs that ended ttlSecondsAfterFinished ago, with all they own. */
export const ttlAfterFinishedController: Controller = {
  name: "ttl-after-finished-controller",
  watches: { [JOBS]: ({ type, object }) => (type === "deleted" ? undefined : [keyOf(object)]) },
  plan(key, view, { nowMs }) {
    const { namespace, name } = splitKey(key);
    const job = view.jobs.get(namespace, name);
    return job ? planTtl(job, nowMs) : NOTHING;
  },
};

export function planTtl(job: Job, nowMs: number): Plan {
  const { ttlSecondsAfterFinished } = job.spec;
  if (ttlSecondsAfterFinished === undefined || job.metadata.deletionTimestamp || !isFinished(job)) return NOTHING;
  const end = job.status?.conditions?.find(
    ({ type, status }) => status === "True" && (type === "Complete" || type === "Failed"),
  );
  const atMs = Date.parse(end?.lastTransitionTime ?? "") + ttlSecondsAfterFinished * 1_000;
  if (Number.isNaN(atMs)) return NOTHING;
  if (nowMs < atMs) return { actions: [], againAtMs: atMs };
  const { uid = "", resourceVersion = "" } = job.metadata;
  // With the version seen: somebody may have given it a longer life.
  const options = { propagationPolicy: "Foreground", preconditions: { uid, resourceVersion } } as const;
  return { actions: [{ op: deleteOp(JOBS, job, options) }] };
}
