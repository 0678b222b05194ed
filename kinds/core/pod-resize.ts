/** The pods/ephemeralcontainers and pods/resize subresources. */
import { type FieldError, fieldForbidden, invalid } from "../../machinery/meta/field-error.ts";
import { compareTexts, type ResourceList } from "../common/quantities.ts";
import { same, without } from "../common/same.ts";
import { isMirror } from "./pod-template/annotations.ts";
import { isSidecar, qosClass } from "./pod-template/pod-resources.ts";
import type { Container, Pod } from "./v1-types.ts";

/** Only the list of ephemeral containers is taken. Changes `next`. */
export function prepareEphemeral(next: Pod, prev: Pod): Pod {
  const added = next.spec.ephemeralContainers;
  next.spec = { ...prev.spec, ...(added && { ephemeralContainers: added }) };
  next.status = prev.status ?? {};
  return next;
}

export function ephemeralErrors(next: Pod, prev: Pod): FieldError[] {
  if (isMirror(prev.metadata.annotations)) {
    return [fieldForbidden("", "static pods do not support ephemeral containers")];
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

/** Of each container only resources and resizePolicy are taken. Changes `next`. */
export function prepareResize(next: Pod, prev: Pod): Pod {
  const take = (old: readonly Container[] | undefined, wanted: readonly Container[] | undefined): Container[] =>
    (old ?? []).map((container) => {
      const now = wanted?.find(({ name }) => name === container.name);
      if (!now) return container;
      return {
        ...container,
        ...(now.resources && { resources: now.resources }),
        ...(now.resizePolicy && { resizePolicy: now.resizePolicy }),
      };
    });
  const containers = take(prev.spec.containers, next.spec.containers);
  const initContainers = take(prev.spec.initContainers, next.spec.initContainers);
  next.spec = { ...prev.spec, containers, ...(prev.spec.initContainers && { initContainers }) };
  next.status = prev.status ?? {};
  return next;
}

const removed = (now: ResourceList = {}, before: ResourceList = {}): boolean =>
  Object.keys(before).some((name) => now[name] === undefined);

function checkContainerResize(errors: FieldError[], now: Container, before: Container, path: string): void {
  const [next, prev] = [now.resources ?? {}, before.resources ?? {}];
  if (removed(next.requests, prev.requests)) {
    errors.push(fieldForbidden(`${path}.requests`, "resource requests cannot be removed"));
  }
  if (removed(next.limits, prev.limits)) {
    errors.push(fieldForbidden(`${path}.limits`, "resource limits cannot be removed"));
  }
  const restarts = now.resizePolicy?.find(({ resourceName }) => resourceName === "memory")?.restartPolicy;
  if (restarts === "RestartContainer") return;
  const [limit, old] = [next.limits?.memory, prev.limits?.memory];
  if (limit !== undefined && old !== undefined && compareTexts(limit, old) < 0) {
    const detail = "memory limits cannot be decreased unless resizePolicy is RestartContainer";
    errors.push(fieldForbidden(`${path}.limits[memory]`, detail));
  }
}

const withoutCompute = (container: Container): object => ({
  ...container,
  resources: {
    ...container.resources,
    requests: without(container.resources?.requests ?? {}, ["cpu", "memory"]),
    limits: without(container.resources?.limits ?? {}, ["cpu", "memory"]),
  },
});

export function resizeErrors(next: Pod, prev: Pod): FieldError[] {
  if (isMirror(prev.metadata.annotations)) return [fieldForbidden("", "static pods cannot be resized")];
  if (prev.spec.os?.name === "windows") return [fieldForbidden("", "windows pods cannot be resized")];
  const errors: FieldError[] = [];
  const before = prev.status?.qosClass ?? qosClass(prev.spec);
  if (before !== qosClass(next.spec)) {
    const detail = "Pod QOS Class may not change as a result of resizing";
    errors.push(invalid("spec", before, detail));
  }
  next.spec.initContainers?.forEach((container, i) => {
    const old = prev.spec.initContainers?.[i];
    if (!old) return;
    if (isSidecar(old)) {
      checkContainerResize(errors, container, old, `spec.initContainers[${i}].resources`);
      if (!same(withoutCompute(container), withoutCompute(old))) {
        errors.push(fieldForbidden("spec", "only cpu and memory resources for sidecar containers are mutable"));
      }
    } else if (!same(container, old)) {
      errors.push(fieldForbidden("spec", "resources for non-sidecar init containers are immutable"));
    }
  });
  next.spec.containers.forEach((container, i) => {
    const old = prev.spec.containers[i];
    if (!old) return;
    checkContainerResize(errors, container, old, `spec.containers[${i}].resources`);
    if (!same(withoutCompute(container), withoutCompute(old))) {
      errors.push(fieldForbidden("spec", "only cpu and memory resources are mutable"));
    }
  });
  return errors;
}
