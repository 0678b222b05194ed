/** ResourceSlice. Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/resource-slice-v1/ */
import { type FieldError, invalid, required } from "../../machinery/meta/field-error.ts";
import { checkLabel, checkSubdomain } from "../common/checks.ts";
import { checkSet } from "../common/lists.ts";
import { age, nameOf } from "../common/rows.ts";
import { checkImmutable } from "../common/same.ts";
import { checkNodeSelector } from "../core/pod-template/affinity.ts";
import type { Strategy } from "../kind.ts";
import { checkCounters, checkDevice } from "./device.ts";
import { checkDriverName, checkPoolName } from "./names.ts";
import type { CounterSet, ResourceSlice, ResourceSliceSpec } from "./v1-types.ts";

const MAX_DEVICES = 128;
/** Devices with taints or shared counters are larger. */
const MAX_LARGE_DEVICES = 64;
const MAX_COUNTER_SETS = 8;
const WHERE = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required";

function checkWhere(errors: FieldError[], spec: ResourceSliceSpec): void {
  const set: string[] = [];
  const { nodeName, nodeSelector } = spec;
  if (nodeName) {
    set.push("`nodeName`");
    checkSubdomain(errors, nodeName, "spec.nodeName");
  } else if (nodeName === "") {
    errors.push(invalid("spec.nodeName", "", "must be either unset or set to a non-empty string"));
  }
  if (nodeSelector) {
    set.push("`nodeSelector`");
    checkNodeSelector(errors, nodeSelector, "spec.nodeSelector");
    const { nodeSelectorTerms: terms } = nodeSelector;
    if (terms?.length !== 1) {
      const detail = "must have exactly one node selector term";
      errors.push(invalid("spec.nodeSelector.nodeSelectorTerms", terms ?? null, detail));
    }
  }
  for (const field of ["allNodes", "perDeviceNodeSelection"] as const) {
    if (spec[field]) set.push(`\`${field}\``);
    else if (spec[field] === false) errors.push(invalid(`spec.${field}`, false, "must be either unset or set to true"));
  }
  if (set.length === 0) errors.push(required("spec", WHERE));
  if (set.length > 1) errors.push(invalid("spec", `{${set.join(", ")}}`, `${WHERE}, but multiple fields are set`));
}

function checkCounterSet(errors: FieldError[], { name, counters }: CounterSet, path: string): void {
  if (!name) errors.push(required(`${path}.name`));
  else checkLabel(errors, name, `${path}.name`);
  checkCounters(errors, counters, `${path}.counters`);
}

function checkSpec(spec: ResourceSliceSpec, before: ResourceSliceSpec | undefined): FieldError[] {
  const errors: FieldError[] = [];
  checkDriverName(errors, spec.driver, "spec.driver");
  const { name, resourceSliceCount = 0, generation = 0 } = spec.pool;
  checkPoolName(errors, name, "spec.pool.name");
  if (resourceSliceCount <= 0) {
    errors.push(invalid("spec.pool.resourceSliceCount", resourceSliceCount, "must be greater than zero"));
  }
  if (generation < 0) {
    errors.push(invalid("spec.pool.generation", generation, "must be greater than or equal to zero"));
  }
  if (before) {
    checkImmutable(errors, spec.pool.name, before.pool.name, "spec.pool.name");
    checkImmutable(errors, spec.driver, before.driver, "spec.driver");
    checkImmutable(errors, spec.nodeName, before.nodeName, "spec.nodeName");
  }
  checkWhere(errors, spec);
  if (spec.sharedCounters && spec.devices) {
    errors.push(invalid("spec", "", "only one of `sharedCounters` or `devices` is allowed"));
  }
  const isLarge = spec.devices?.some((device) => device.taints?.length || device.consumesCounters?.length);
  checkSet(errors, spec.devices, "spec.devices", {
    max: isLarge ? MAX_LARGE_DEVICES : MAX_DEVICES,
    key: (device) => device.name,
    each: (found, device, path) =>
      checkDevice(found, device, path, {
        before: before?.devices?.find((old) => old.name === device.name),
        isPerDevice: spec.perDeviceNodeSelection ?? false,
      }),
  });
  checkSet(errors, spec.sharedCounters, "spec.sharedCounters", {
    max: MAX_COUNTER_SETS,
    key: (set) => set.name,
    each: checkCounterSet,
  });
  return errors;
}

/** Fields of features that are off by default in v1.36 are not kept. */
function withoutOffFeatures(next: ResourceSlice): ResourceSlice {
  for (const device of next.spec.devices ?? []) {
    delete device.nodeAllocatableResourceMappings;
    for (const attribute of Object.values(device.attributes ?? {})) {
      for (const list of ["bools", "ints", "strings", "versions"] as const) delete attribute[list];
    }
  }
  return next;
}

export const resourceSlice: Strategy<ResourceSlice> = {
  generation: true,
  defaults(next) {
    next.spec ??= {} as ResourceSliceSpec;
    next.spec.pool ??= {} as ResourceSliceSpec["pool"];
    return next;
  },
  prepareForCreate: withoutOffFeatures,
  prepareForUpdate: withoutOffFeatures,
  validateCreate: ({ spec }) => checkSpec(spec, undefined),
  validateUpdate: (next, prev) => checkSpec(next.spec, prev.spec),
  selectableFields: ({ spec }) => ({ "spec.nodeName": spec?.nodeName ?? "", "spec.driver": spec?.driver ?? "" }),
  row: (object, nowMs) => [
    nameOf(object),
    object.spec?.nodeName ?? "",
    object.spec?.driver ?? "",
    object.spec?.pool?.name ?? "",
    age(object, nowMs),
  ],
};
