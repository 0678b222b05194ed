/** What may change of a pod once it is there. */
import { type FieldError, fieldForbidden, invalid, required } from "../../machinery/meta/field-error.ts";
import { checkRange, MAX_INT32 } from "../common/checks.ts";
import { same, without } from "../common/same.ts";
import { checkPodAnnotationUpdate } from "./pod-template/annotations.ts";
import { checkOnlyAddedTolerations } from "./pod-template/tolerations.ts";
import type { Container, NodeAffinity, NodeSelectorTerm, Pod, PodSpec } from "./v1-types.ts";

const UPDATABLE = [
  "`spec.containers[*].image`",
  "`spec.initContainers[*].image`",
  "`spec.activeDeadlineSeconds`",
  "`spec.tolerations` (only additions to existing tolerations)",
  "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
].join(",");

/** Returns false when the lists do not even belong together. */
function checkContainerLists(
  errors: FieldError[],
  next: readonly Container[] = [],
  prev: readonly Container[] = [],
  path: string,
): boolean {
  if (next.length !== prev.length) {
    errors.push(fieldForbidden(path, "pod updates may not add or remove containers"));
    return false;
  }
  next.forEach(({ image }, i) => {
    if (!image) errors.push(required(`${path}[${i}].image`));
  });
  return true;
}

/** Returns false when comparing the rest would only repeat the error. */
function checkDeadline(errors: FieldError[], next: PodSpec, prev: PodSpec): boolean {
  const at = "spec.activeDeadlineSeconds";
  const [now, before] = [next.activeDeadlineSeconds, prev.activeDeadlineSeconds];
  if (now === undefined) {
    if (before !== undefined) {
      errors.push(invalid(at, null, "must not update from a positive integer to nil value"));
    }
    return true;
  }
  const count = errors.length;
  checkRange(errors, now, at, 0, MAX_INT32);
  if (errors.length === count && before !== undefined && before < now) {
    errors.push(invalid(at, now, "must be less than or equal to previous value"));
  }
  return errors.length === count;
}

function checkGateRemoval(errors: FieldError[], next: PodSpec, prev: PodSpec): void {
  next.schedulingGates?.forEach(({ name = "" }, i) => {
    if (prev.schedulingGates?.some((gate) => gate.name === name)) return;
    const detail = `only deletion is allowed, but found new scheduling gate '${name}'`;
    errors.push(fieldForbidden(`spec.schedulingGates[${i}].name`, detail));
  });
}

const REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";

function onlyAdds(next: NodeSelectorTerm | undefined, prev: NodeSelectorTerm): boolean {
  const grows = (now: readonly object[] = [], before: readonly object[] = []): boolean =>
    now.length >= before.length && same(now.slice(0, before.length), before);
  const wasEmpty = !prev.matchExpressions?.length && !prev.matchFields?.length;
  // An empty term selects nothing: adding to it would widen what it selects.
  if (wasEmpty) return !next?.matchExpressions?.length && !next?.matchFields?.length;
  return grows(next?.matchExpressions, prev.matchExpressions) && grows(next?.matchFields, prev.matchFields);
}

function checkNodeAffinityChange(errors: FieldError[], next: NodeAffinity | undefined, prev: NodeAffinity): void {
  const before = prev[REQUIRED]?.nodeSelectorTerms ?? [];
  const now = next?.[REQUIRED]?.nodeSelectorTerms ?? [];
  const at = `spec.affinity.nodeAffinity.${REQUIRED}.nodeSelectorTerms`;
  if (before.length > 0 && before.length !== now.length) {
    errors.push(invalid(at, now, "no additions/deletions to non-empty NodeSelectorTerms list are allowed"));
    return;
  }
  before.forEach((term, i) => {
    if (!onlyAdds(now[i], term)) {
      errors.push(invalid(`${at}[${i}]`, now[i] ?? null, "only additions are allowed (no mutations or deletions)"));
    }
  });
}

/** Pods held back by gates may still be directed more narrowly. Returns what needs no more comparing. */
function checkGated(errors: FieldError[], next: PodSpec, prev: PodSpec): string[] {
  if (!prev.schedulingGates?.length) return [];
  const kept = Object.entries(prev.nodeSelector ?? {}).every(([key, value]) => next.nodeSelector?.[key] === value);
  if (!kept) {
    const detail = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
    errors.push(invalid("spec.nodeSelector", next.nodeSelector ?? null, detail));
  }
  const [now, before] = [next.affinity?.nodeAffinity, prev.affinity?.nodeAffinity];
  if (before?.[REQUIRED] && !same(now, before)) checkNodeAffinityChange(errors, now, before);
  const others = (spec: PodSpec): object => without(spec.affinity ?? {}, ["nodeAffinity"]);
  return same(others(next), others(prev)) ? ["nodeSelector", "affinity"] : ["nodeSelector"];
}

const withoutImages = (containers: readonly Container[] | undefined): object[] =>
  (containers ?? []).map((container) => without(container, ["image"]));

export function podUpdateErrors(next: Pod, prev: Pod): FieldError[] {
  const errors: FieldError[] = [];
  checkPodAnnotationUpdate(errors, next.metadata.annotations, prev.metadata.annotations);
  const [spec, old] = [next.spec, prev.spec];
  if (!checkContainerLists(errors, spec.containers, old.containers, "spec.containers")) return errors;
  if (!checkContainerLists(errors, spec.initContainers, old.initContainers, "spec.initContainers")) return errors;
  if (!checkDeadline(errors, spec, old)) return errors;
  checkOnlyAddedTolerations(errors, spec.tolerations, old.tolerations);
  checkGateRemoval(errors, spec, old);
  if (same(spec, old)) return errors;

  const free = ["containers", "initContainers", "activeDeadlineSeconds", "tolerations", "schedulingGates"];
  if ((old.terminationGracePeriodSeconds ?? 0) < 0 && spec.terminationGracePeriodSeconds === 1) {
    free.push("terminationGracePeriodSeconds");
  }
  free.push(...checkGated(errors, spec, old));
  const changed = [...new Set([...Object.keys(spec), ...Object.keys(old)])].filter(
    (field) => !free.includes(field) && !same(spec[field as keyof PodSpec], old[field as keyof PodSpec]),
  );
  if (!same(withoutImages(spec.containers), withoutImages(old.containers))) changed.push("containers");
  if (!same(withoutImages(spec.initContainers), withoutImages(old.initContainers))) changed.push("initContainers");
  if (changed.length > 0) {
    const diff = changed.map((field) => ` spec.${field}`).join("\n");
    errors.push(fieldForbidden("spec", `pod updates may not change fields other than ${UPDATABLE}\n${diff}`));
  }
  return errors;
}
