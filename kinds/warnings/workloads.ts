/** What the pods of a workload will be like. */

import { dns1123Label } from "../../machinery/meta/names.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import type { StatefulSet } from "../generated/api/apps-v1.ts";
import type { CronJob, Job, JobSpec } from "../generated/api/batch-v1.ts";
import type { Pod, PodTemplate, PodTemplateSpec } from "../generated/api/core-v1.ts";
import { podWarnings } from "./pod-spec.ts";
import { storageFractionWarnings } from "./volumes.ts";

const SURPRISING = "which can result in surprising behavior; a DNS label is recommended:";

/** @param of what the name becomes part of */
function nameWarnings(name: string | undefined, of: string): string[] {
  const problems = dns1123Label(name ?? "");
  return problems.length === 0 ? [] : [`metadata.name: this is used in ${of}, ${SURPRISING} [${problems.join(" ")}]`];
}

interface Workload extends KubeObject {
  spec?: { template?: PodTemplateSpec };
}

/** Templates are looked at when the wish has changed, not when a controller reports. */
const hasChanged = (next: KubeObject, prev: KubeObject | undefined): boolean =>
  !prev || next.metadata.generation !== prev.metadata.generation;

export const templateWarnings = (next: Workload, prev: Workload | undefined): string[] =>
  hasChanged(next, prev) && next.spec?.template ? podWarnings(next.spec.template, "spec.template") : [];

export const namedTemplateWarnings = (next: Workload, prev: Workload | undefined): string[] => [
  ...(prev ? [] : nameWarnings(next.metadata.name, "Pod names and hostnames")),
  ...templateWarnings(next, prev),
];

/** People seldom update pods, and kubelets often do. */
export const ownPodWarnings = (pod: Pod, prev: Pod | undefined): string[] =>
  prev ? [] : [...nameWarnings(pod.metadata.name, "the Pod's hostname"), ...podWarnings(pod, "")];

export const podTemplateWarnings = ({ template }: PodTemplate): string[] =>
  template ? podWarnings(template, "template") : [];

export function statefulSetWarnings(set: StatefulSet, prev: StatefulSet | undefined): string[] {
  const warnings = templateWarnings(set, prev);
  for (const [i, { spec }] of (set.spec.volumeClaimTemplates ?? []).entries()) {
    warnings.push(...storageFractionWarnings(`spec.volumeClaimTemplates[${i}]${prev ? ".Spec" : ""}`, spec));
  }
  if ((set.spec.revisionHistoryLimit ?? 0) < 0) {
    const says = "a negative value retains all historical revisions; a value >= 0 is recommended";
    warnings.push(`spec.revisionHistoryLimit: ${says}`);
  }
  return warnings;
}

/** Beyond these, the list of completed indexes may grow too long to keep. */
const MANY_COMPLETIONS = 100_000;
const MUCH_PARALLELISM = 10_000;
const TOO_MANY =
  "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail";

function jobSpecWarnings(spec: JobSpec, at: string): string[] {
  const { completionMode, completions = 0, parallelism = 0, template } = spec;
  const isLarge = completionMode === "Indexed" && completions > MANY_COMPLETIONS && parallelism > MUCH_PARALLELISM;
  return [...(isLarge ? [`${at}: ${TOO_MANY}`] : []), ...podWarnings(template, `${at}.template`)];
}

export const jobWarnings = (job: Job, prev: Job | undefined): string[] => [
  ...(prev ? [] : nameWarnings(job.metadata.name, "Pod names and hostnames")),
  ...(hasChanged(job, prev) ? jobSpecWarnings(job.spec, "spec") : []),
];

const USE_TIME_ZONE =
  "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details";

export const cronJobWarnings = (cronJob: CronJob, prev: CronJob | undefined): string[] => [
  ...(prev ? [] : nameWarnings(cronJob.metadata.name, "Pod names and hostnames")),
  ...(hasChanged(cronJob, prev) && cronJob.spec.jobTemplate.spec
    ? jobSpecWarnings(cronJob.spec.jobTemplate.spec, "spec.jobTemplate.spec")
    : []),
  ...(prev && cronJob.spec.schedule.includes("TZ") ? [USE_TIME_ZONE] : []),
];
