import type { Job } from "../../kinds/batch/v1-types.ts";
import { type Controller, keyOf, NOTHING, splitKey } from "../runner/controller.ts";
import { CRON_JOBS, JOBS } from "../view/resources.ts";
import { controllerOf } from "../view/view.ts";
import { planCronJob } from "./plan.ts";

export const cronJobController: Controller = {
  name: "cronjob-controller",
  watches: {
    [CRON_JOBS]: ({ type, object }) => (type === "deleted" ? undefined : [keyOf(object)]),
    [JOBS]: ({ object }) => {
      const owner = controllerOf(object);
      return owner?.kind === "CronJob" ? [`${object.metadata.namespace}/${owner.name}`] : undefined;
    },
  },
  plan(key, view, { nowMs }) {
    const { namespace, name } = splitKey(key);
    const cronJob = view.cronJobs.get(namespace, name);
    if (!cronJob) return NOTHING;
    return planCronJob({
      cronJob,
      jobs: view.controlledBy<Job>(cronJob.metadata.uid ?? "", JOBS),
      jobNamed: (job) => view.jobs.get(namespace, job),
      nowMs,
    });
  },
};
