import type { Job } from "../../kinds/batch/v1-types.ts";
import type { Container, Pod, PodTemplateSpec } from "../../kinds/core/v1-types.ts";
import { generateName } from "../../machinery/meta/random.ts";
import { podFromTemplate } from "../workload/create-pod.ts";
import {
  countIn,
  hasLimitPerIndex,
  INDEX_FAILURES,
  INDEX_IGNORED_FAILURES,
  INDEX_KEY,
  TRACKING_FINALIZER,
} from "./job-pods.ts";
import { judgeFailure } from "./policies.ts";

/** Room for the random suffix: names that the server makes are cut like this. */
const MAX_GENERATED_BASE = 58;

/** A pod for a Job, and for one of its indexes. `replaces`: the failed pod of that index it takes over from. */
export function jobPod(options: {
  job: Job;
  index: number | undefined;
  replaces: Pod | undefined;
  random: () => number;
}): Pod {
  const { job, index, replaces, random } = options;
  const { template } = job.spec;
  const tracked: PodTemplateSpec = {
    ...template,
    metadata: {
      ...template.metadata,
      finalizers: [...new Set([...(template.metadata?.finalizers ?? []), TRACKING_FINALIZER])],
    },
  };
  if (index === undefined) return podFromTemplate({ owner: job, template: tracked, random });
  const name = job.metadata.name ?? "";
  const suffix = `-${index}-`;
  const base = name.slice(0, MAX_GENERATED_BASE - suffix.length) + suffix;
  const annotations = {
    ...template.metadata?.annotations,
    [INDEX_KEY]: String(index),
    ...(hasLimitPerIndex(job) && failureAnnotations(job, replaces)),
  };
  const indexed: PodTemplateSpec = {
    metadata: {
      ...tracked.metadata,
      annotations,
      labels: { ...template.metadata?.labels, [INDEX_KEY]: String(index) },
    },
    spec: {
      ...template.spec,
      containers: (template.spec?.containers ?? []).map(withIndexVariable),
      ...(template.spec?.initContainers && { initContainers: template.spec.initContainers.map(withIndexVariable) }),
      hostname: `${name}${suffix.slice(0, -1)}`,
    },
  };
  const pod = podFromTemplate({ owner: job, template: indexed, random, name: generateName(base, random) });
  return { ...pod, metadata: { ...pod.metadata, generateName: base } };
}

/** How often the index has failed so far: travels from pod to pod. */
export function failureCounts(job: Job, replaced: Pod | undefined): { counted: number; ignored: number } {
  if (!replaced) return { counted: 0, ignored: 0 };
  const counted = countIn(replaced, INDEX_FAILURES);
  const ignored = countIn(replaced, INDEX_IGNORED_FAILURES);
  return judgeFailure(job, replaced).counts ? { counted: counted + 1, ignored } : { counted, ignored: ignored + 1 };
}

function failureAnnotations(job: Job, replaces: Pod | undefined): { [key: string]: string } {
  const { counted, ignored } = failureCounts(job, replaces);
  return { [INDEX_FAILURES]: String(counted), ...(ignored > 0 && { [INDEX_IGNORED_FAILURES]: String(ignored) }) };
}

const VARIABLE = "JOB_COMPLETION_INDEX";

function withIndexVariable(container: Container): Container {
  if (container.env?.some(({ name }) => name === VARIABLE)) return container;
  const fieldRef = { fieldPath: `metadata.labels['${INDEX_KEY}']` };
  return { ...container, env: [...(container.env ?? []), { name: VARIABLE, valueFrom: { fieldRef } }] };
}
