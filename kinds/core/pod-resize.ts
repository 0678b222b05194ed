/** The pods/ephemeralcontainers and pods/resize subresources. */
import { type FieldError, fieldForbidden, invalid, WHOLE_OBJECT } from "../../machinery/meta/field-error.ts";
import type { ResourceList } from "../common/quantities.ts";
import { same, without } from "../common/same.ts";
import { isMirror } from "./pod-template/annotations.ts";
import { isSidecar, qosClass } from "./pod-template/pod-resources.ts";
import type { Container, Pod, ResourceRequirements } from "./v1-types.ts";

/** Only the list of ephemeral containers is taken. Changes `next`. */
export function prepareEphemeral(next: Pod, prev: Pod): Pod {
  const added = next.spec.ephemeralContainers;
  next.spec = { ...prev.spec, ...(added && { ephemeralContainers: added }) };
  next.status = prev.status ?? {};
  return next;
}

export function ephemeralErrors(next: Pod, prev: Pod): FieldError[] {
  if (isMirror(prev.metadata.annotations)) {
    return [fieldForbidden(WHOLE_OBJECT, "static pods do not support ephemeral containers")];
  }
  const errors: FieldError[] = [];
  for (const old of prev.spec.ephemeralContainers ?? []) {
    const now = next.spec.ephemeralContainers?.find(({ name }) => name === old.name);
    const quoted = JSON.stringify(old.name);
    if (!now) {
      const detail = `existing ephemeral containers ${quoted} may not be removed\n`;
      errors.push(fieldForbidden("spec.ephemeralContainers", detail));
    } else if (!same(now, old)) {
      const detail = `existing ephemeral containers ${quoted} may not be changed\n`;
      errors.push(fieldForbidden("spec.ephemeralContainers", detail));
    }
  }
  return errors;
}

/** With each one's resources and resizePolicy as wanted; all as wanted where names differ, which is refused later. */
function resized(old: readonly Container[], wanted: readonly Container[]): readonly Container[] {
  if (old.some(({ name }, i) => wanted[i]!.name !== name)) return wanted;
  return old.map((container, i) => {
    const { resources = {}, resizePolicy } = wanted[i]!;
    const { resizePolicy: _, ...kept } = container;
    return { ...kept, resources, ...(resizePolicy && { resizePolicy }) };
  });
}

/** Of each container only resources and resizePolicy are taken, and of the pod its own resources. Changes `next`. */
export function prepareResize(next: Pod, prev: Pod): Pod {
  const { containers = [], initContainers = [], resources } = next.spec;
  const { containers: old = [], initContainers: oldInit = [] } = prev.spec;
  if (containers.length !== old.length || initContainers.length !== oldInit.length) return next;
  next.spec = {
    ...prev.spec,
    containers: [...resized(old, containers)],
    ...(prev.spec.initContainers && { initContainers: [...resized(oldInit, initContainers)] }),
    ...(resources && { resources }),
  };
  next.status = prev.status ?? {};
  return next;
}

function checkOrder(
  errors: FieldError[],
  { next = [], prev = [] }: { next?: readonly Container[]; prev?: readonly Container[] },
  field: "containers" | "initContainers",
): void {
  if (next.length !== prev.length) {
    errors.push(fieldForbidden(`spec.${field}`, `${field} may not be added or removed on resize`));
    return;
  }
  next.forEach(({ name }, i) => {
    if (name === prev[i]!.name) return;
    errors.push(fieldForbidden(`spec.${field}[${i}].name`, `${field} may not be renamed or reordered on resize`));
  });
}

const removed = (now: ResourceList = {}, before: ResourceList = {}): boolean =>
  Object.keys(before).some((name) => now[name] === undefined);

/** Amounts may go up and down; whether a running container can do with less memory is the node's to see. */
function checkNothingRemoved(
  errors: FieldError[],
  next: ResourceRequirements,
  prev: ResourceRequirements,
  path: string,
): void {
  if (removed(next.requests, prev.requests)) {
    errors.push(fieldForbidden(`${path}.requests`, "resource requests cannot be removed"));
  }
  if (removed(next.limits, prev.limits)) {
    errors.push(fieldForbidden(`${path}.limits`, "resource limits cannot be removed"));
  }
}

const withoutCompute = <T extends { resources?: ResourceRequirements }>(of: T): object => ({
  ...of,
  resources: {
    ...of.resources,
    requests: without(of.resources?.requests ?? {}, ["cpu", "memory"]),
    limits: without(of.resources?.limits ?? {}, ["cpu", "memory"]),
  },
});

function checkPodLevel(
  errors: FieldError[],
  next: ResourceRequirements | undefined,
  prev: ResourceRequirements | undefined,
): void {
  const path = "spec.resources";
  if (removed(next?.requests, prev?.requests)) {
    errors.push(fieldForbidden(`${path}.requests`, "pod-level resource requests cannot be removed"));
  }
  if (removed(next?.limits, prev?.limits)) {
    errors.push(fieldForbidden(`${path}.limits`, "pod-level resource limits cannot be removed"));
  }
  if (!same(withoutCompute({ resources: next ?? {} }), withoutCompute({ resources: prev ?? {} }))) {
    errors.push(fieldForbidden("spec", "only cpu and memory resources are mutable at pod-level"));
  }
}

/** Init containers that end may be resized too, before their turn comes (since Kubernetes 1.36). */
function checkInit(errors: FieldError[], next: Container, prev: Container, path: string): void {
  checkNothingRemoved(errors, next.resources ?? {}, prev.resources ?? {}, `${path}.resources`);
  if (!same(withoutCompute(next), withoutCompute(prev))) {
    const detail = "only cpu and memory resources for init or sidecar containers are mutable";
    errors.push(fieldForbidden(path, detail));
  }
  if (isSidecar(next) || same(next, prev)) return;
  for (const { restartPolicy } of next.resizePolicy ?? []) {
    if (restartPolicy !== "RestartContainer") continue;
    const detail = "non-sidecar init containers with a resize policy of RestartContainer cannot be resized";
    errors.push(fieldForbidden(path, detail));
  }
}

export function resizeErrors(next: Pod, prev: Pod): FieldError[] {
  if (isMirror(prev.metadata.annotations)) return [fieldForbidden(WHOLE_OBJECT, "static pods cannot be resized")];
  if (prev.spec.os?.name === "windows") return [fieldForbidden(WHOLE_OBJECT, "windows pods cannot be resized")];
  const errors: FieldError[] = [];
  const before = prev.status?.qosClass ?? qosClass(prev.spec);
  if (before !== qosClass(next.spec)) {
    const detail = "Pod QOS Class may not change as a result of resizing";
    errors.push(invalid("spec", before, detail));
  }
  const running = prev.status?.containerStatuses?.find(({ state }) => state?.running);
  if (running && !running.resources) {
    errors.push(fieldForbidden("spec", "Pod running on node without support for resize"));
  }
  checkPodLevel(errors, next.spec.resources, prev.spec.resources);
  const known = errors.length;
  checkOrder(errors, { next: next.spec.containers, prev: prev.spec.containers }, "containers");
  checkOrder(errors, { next: next.spec.initContainers ?? [], prev: prev.spec.initContainers ?? [] }, "initContainers");
  if (errors.length > known) return errors;
  next.spec.initContainers?.forEach((container, i) => {
    const old = prev.spec.initContainers?.[i];
    if (old) checkInit(errors, container, old, `spec.initContainers[${i}]`);
  });
  next.spec.containers.forEach((container, i) => {
    const old = prev.spec.containers[i];
    if (!old) return;
    checkNothingRemoved(errors, container.resources ?? {}, old.resources ?? {}, `spec.containers[${i}].resources`);
    if (!same(withoutCompute(container), withoutCompute(old))) {
      errors.push(fieldForbidden("spec", "only cpu and memory resources are mutable"));
    }
  });
  return errors;
}
