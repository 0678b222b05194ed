/** The pod in an object: itself, or the one its template makes. Pure. */
import type { KubeObject } from "../../../machinery/meta/object.ts";
import type { Container, PodSpec, Subject } from "./check.ts";

interface Template {
  metadata?: { annotations?: { [key: string]: string } };
  spec?: PodSpec;
}

interface Workload {
  template?: Template;
  jobTemplate?: { spec?: { template?: Template } };
}

/** Kinds that make pods of a template; podtemplates have it elsewhere. */
export const CONTROLLERS: readonly string[] = [
  "replicationcontrollers",
  "podtemplates",
  "replicasets.apps",
  "deployments.apps",
  "statefulsets.apps",
  "daemonsets.apps",
  "jobs.batch",
  "cronjobs.batch",
];

const subject = ({ metadata, spec }: Template): Subject => ({
  annotations: metadata?.annotations ?? {},
  spec: spec ?? {},
});

export const podSubject = (pod: KubeObject): Subject => subject(pod as Template);

/** Undefined for a workload without template. */
export function templateSubject(object: KubeObject): Subject | undefined {
  const spec = object.spec as Workload | undefined;
  const template = (object.template as Template | undefined) ?? spec?.template ?? spec?.jobTemplate?.spec?.template;
  return template && subject(template);
}

/** Whether an update changes what the standards look at: of what may be changed that is images and debug containers. */
export function isSignificantChange(next: Subject, prev: Subject): boolean {
  const [now, before] = [next.spec, prev.spec];
  if (imagesChanged(now.containers, before.containers) || imagesChanged(now.initContainers, before.initContainers))
    return true;
  const known = new Map((before.ephemeralContainers ?? []).map(({ name, image }) => [name, image]));
  return (now.ephemeralContainers ?? []).some(({ name, image }) => !known.has(name) || known.get(name) !== image);
}

const imagesChanged = (now: readonly Container[] = [], before: readonly Container[] = []): boolean =>
  now.length !== before.length || now.some(({ image }, i) => image !== before[i]?.image);
