/**
 * Fills in what containers ask for, and keeps what they and claims ask for within the namespace's limits.
 * Source: https://kubernetes.io/docs/concepts/policy/limit-range/
 */
import { aggregateContainers } from "../../../kinds/core/pod-template/pod-resources.ts";
import { isPodLevel } from "../../../kinds/core/pod-template/resource-names.ts";
import type { Container, PodSpec } from "../../../kinds/core/v1-types.ts";
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { parsedRow } from "../cached-rows.ts";
import { type Asked, type LimitRangeItem, limitProblems, type ResourceList } from "./limit-checks.ts";
import type { AdmissionEnvironment, AdmissionPlugin, Attributes } from "./plugin.ts";
import { refuse } from "./refuse.ts";

const ANNOTATION = "kubernetes.io/limit-ranger";

interface LimitRange {
  spec?: { limits?: LimitRangeItem[] };
}

interface Claim extends KubeObject {
  spec: { resources?: { requests?: ResourceList } };
}

export const limitRanger: AdmissionPlugin = {
  name: "LimitRanger",
  resources: ["pods", "persistentvolumeclaims"],
  admit(attributes, env) {
    if (!isLimited(attributes) || attributes.kind.storage !== "pods") return;
    for (const { spec } of rangesIn(env, attributes.namespace)) addDefaults(attributes.object!, spec?.limits ?? []);
  },
  validate(attributes, env) {
    if (!isLimited(attributes)) return;
    for (const { spec } of rangesIn(env, attributes.namespace)) {
      const problems = problemsOf(attributes, spec?.limits ?? []);
      const [only] = problems;
      if (problems.length > 0) throw refuse(attributes, problems.length === 1 ? only! : `[${problems.join(", ")}]`);
    }
  },
};

/** Pods when they are made or resized, claims whenever they are written; nothing that is on its way out. */
function isLimited({ operation, kind, subresource, old }: Attributes): boolean {
  if (operation === "DELETE" || old?.metadata.deletionTimestamp !== undefined) return false;
  if (kind.storage === "pods" && operation === "UPDATE") return subresource === "resize";
  return subresource === "";
}

function* rangesIn({ store }: AdmissionEnvironment, namespace: string): Iterable<LimitRange> {
  for (const row of [...store.list({ resource: "limitranges", namespace })]) yield parsedRow<LimitRange>(row);
}

function addDefaults(pod: KubeObject, limits: readonly LimitRangeItem[]): void {
  const requests: ResourceList = {};
  const maxima: ResourceList = {};
  for (const { type, defaultRequest, default: limit } of limits) {
    if (type !== "Container") continue;
    Object.assign(requests, defaultRequest);
    Object.assign(maxima, limit);
  }
  const spec = pod.spec as PodSpec;
  const notes = [
    ...(spec.containers ?? []).flatMap((container) => fill(container, { requests, limits: maxima }, "container")),
    ...(spec.initContainers ?? []).flatMap((container) =>
      fill(container, { requests, limits: maxima }, "init container"),
    ),
  ];
  if (notes.length === 0) return;
  pod.metadata.annotations = {
    ...pod.metadata.annotations,
    [ANNOTATION]: `LimitRanger plugin set: ${notes.join("; ")}`,
  };
}

/** Returns what was set, in the words of the annotation. */
function fill(
  container: Container,
  defaults: { requests: ResourceList; limits: ResourceList },
  what: string,
): string[] {
  const notes: string[] = [];
  for (const which of ["requests", "limits"] as const) {
    const given = (container.resources?.[which] ?? {}) as ResourceList;
    const missing = Object.keys(defaults[which])
      .filter((name) => !Object.hasOwn(given, name))
      .sort();
    if (missing.length === 0) continue;
    const added = Object.fromEntries(missing.map((name) => [name, defaults[which][name]!]));
    container.resources = { ...container.resources, [which]: { ...given, ...added } };
    notes.push(`${missing.join(", ")} ${which.slice(0, -1)} for ${what} ${container.name}`);
  }
  return notes;
}

function problemsOf({ kind, object }: Attributes, limits: readonly LimitRangeItem[]): string[] {
  const problems = new Set<string>();
  const check = (item: LimitRangeItem, asked: Asked): void => {
    for (const problem of limitProblems(item, asked)) problems.add(problem);
  };
  if (kind.storage === "persistentvolumeclaims") {
    const requests = (object as Claim).spec.resources?.requests ?? {};
    for (const item of limits) if (item.type === "PersistentVolumeClaim") check(item, { requests });
    return [...problems];
  }
  const spec = object!.spec as PodSpec;
  for (const item of limits) {
    if (item.type === "Container") {
      for (const { resources } of [...(spec.containers ?? []), ...(spec.initContainers ?? [])])
        check(item, {
          requests: (resources?.requests ?? {}) as ResourceList,
          limits: (resources?.limits ?? {}) as ResourceList,
        });
    } else if (item.type === "Pod")
      check(item, { requests: totalOf(spec, "requests"), limits: totalOf(spec, "limits") });
  }
  return [...problems];
}

/** What all containers ask for together; what the pod as a whole asks for stands above it. */
function totalOf(spec: PodSpec, which: "requests" | "limits"): ResourceList {
  const total = { ...aggregateContainers(spec, which) } as ResourceList;
  const own = (spec.resources?.[which] ?? {}) as ResourceList;
  for (const [name, text] of Object.entries(own)) if (isPodLevel(name)) total[name] = text;
  return total;
}
