/** What an autoscaler measures. Source: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/ */
import { type FieldError, fieldForbidden, invalid, notSupported, required } from "../../machinery/meta/field-error.ts";
import { pathSegmentName } from "../../machinery/meta/names.ts";
import { addMessages, checkLabel, checkPresent } from "../common/checks.ts";
import { readQuantity, showQuantity } from "../common/quantities.ts";
import { checkContainerResourceName } from "../core/pod-template/resource-names.ts";
import type { MetricIdentifier, MetricSpec, MetricTarget } from "./v2-types.ts";

/** In the order in which upstream takes the first source there is. */
const SOURCES = {
  object: "Object",
  external: "External",
  pods: "Pods",
  resource: "Resource",
  containerResource: "ContainerResource",
} as const;

type SourceField = keyof typeof SOURCES;

const FIELDS = Object.keys(SOURCES) as SourceField[];
const TYPES = Object.values(SOURCES).sort();

interface Reference {
  apiVersion?: string;
  kind?: string;
  name?: string;
}

/** What is wrong with the version of a reference, if anything: `needsGroup` says whether the core group may be meant. */
export function versionMessage({ apiVersion = "" }: Reference, needsGroup: "needsGroup" | "anyGroup"): string {
  const parts = apiVersion.split("/");
  if (parts.length > 2) return `unexpected GroupVersion string: ${apiVersion}`;
  const hasGroup = parts.length === 2 && parts[0] !== "";
  return needsGroup === "needsGroup" && !hasGroup ? "apiVersion must specify API group" : "";
}

/**
 * A reference to an object of any group: also the target of an autoscaler.
 * @param wrongVersion what `versionMessage` has said, where it counts
 */
export function checkReference(errors: FieldError[], ref: Reference, path: string, wrongVersion: string): void {
  for (const field of ["kind", "name"] as const) {
    const value = ref[field];
    if (checkPresent(errors, value, `${path}.${field}`)) {
      addMessages(errors, `${path}.${field}`, value, pathSegmentName(value));
    }
  }
  if (wrongVersion) errors.push(invalid(`${path}.apiVersion`, ref.apiVersion ?? "", wrongVersion));
}

function checkIdentifier(errors: FieldError[], { name }: Partial<MetricIdentifier> = {}, path: string): void {
  if (checkPresent(errors, name, `${path}.name`, "must specify a metric name")) {
    addMessages(errors, `${path}.name`, name, pathSegmentName(name));
  }
}

function checkTarget(errors: FieldError[], target: Partial<MetricTarget>, path: string): void {
  checkPresent(errors, target.type, `${path}.type`, "must specify a metric target type");
  if (!["Utilization", "Value", "AverageValue"].includes(target.type ?? "")) {
    const detail = "must be either Utilization, Value, or AverageValue";
    errors.push(invalid(`${path}.type`, target.type ?? "", detail));
  }
  for (const field of ["value", "averageValue"] as const) {
    const text = target[field];
    if (text === undefined) continue;
    const amount = readQuantity(errors, text, `${path}.${field}`);
    if (amount !== undefined && amount <= 0n) {
      errors.push(invalid(`${path}.${field}`, showQuantity(text), "must be positive"));
    }
  }
  const percent = target.averageUtilization;
  if (percent !== undefined && percent < 1) {
    errors.push(invalid(`${path}.averageUtilization`, percent, "must be greater than 0"));
  }
}

function checkUtilization(errors: FieldError[], target: Partial<MetricTarget>, path: string): void {
  checkTarget(errors, target, path);
  const { averageUtilization, averageValue } = target;
  if (averageUtilization === undefined && averageValue === undefined) {
    const detail = "must set either a target raw value or a target utilization";
    errors.push(required(`${path}.averageUtilization`, detail));
  } else if (averageUtilization !== undefined && averageValue !== undefined) {
    const detail = "may not set both a target raw value and a target utilization";
    errors.push(fieldForbidden(`${path}.averageValue`, detail));
  }
}

/** Whether a version that cannot be read is refused: not where there was one already. */
export type OldVersions = "refused" | "kept";

interface SourcePlace {
  field: SourceField;
  path: string;
  versions: OldVersions;
}

function checkSource(errors: FieldError[], spec: MetricSpec, { field, path, versions }: SourcePlace): void {
  const target = `${path}.target`;
  const wanted: Partial<MetricTarget> = spec[field]?.target ?? {};
  if (field === "object" && spec.object) {
    const about = spec.object.describedObject ?? {};
    const wrong = versions === "kept" ? "" : versionMessage(about, "anyGroup");
    checkReference(errors, about, `${path}.describedObject`, wrong);
    checkIdentifier(errors, spec.object.metric, `${path}.metric`);
    checkTarget(errors, wanted, target);
    if (wanted.value === undefined && wanted.averageValue === undefined) {
      errors.push(required(`${target}.averageValue`, "must set either a target value or averageValue"));
    }
  } else if (field === "external" && spec.external) {
    checkIdentifier(errors, spec.external.metric, `${path}.metric`);
    checkTarget(errors, wanted, target);
    const { value, averageValue } = wanted;
    if (value === undefined && averageValue === undefined) {
      const detail = "must set either a target value for metric or a per-pod target";
      errors.push(required(`${target}.averageValue`, detail));
    } else if (value !== undefined && averageValue !== undefined) {
      const detail = "may not set both a target value for metric and a per-pod target";
      errors.push(fieldForbidden(`${target}.value`, detail));
    }
  } else if (field === "pods" && spec.pods) {
    checkIdentifier(errors, spec.pods.metric, `${path}.metric`);
    checkTarget(errors, wanted, target);
    if (wanted.averageValue === undefined) {
      errors.push(required(`${target}.averageValue`, "must specify a positive target averageValue"));
    }
  } else if (field === "resource" && spec.resource) {
    checkPresent(errors, spec.resource.name, `${path}.name`, "must specify a resource name");
    checkUtilization(errors, wanted, target);
  } else if (spec.containerResource) {
    const { name, container } = spec.containerResource;
    if (checkPresent(errors, name, `${path}.name`, "must specify a resource name")) {
      checkContainerResourceName(errors, name, `${path}.name`);
    }
    if (checkPresent(errors, container, `${path}.container`, "must specify a container")) {
      checkLabel(errors, container, `${path}.container`);
    }
    checkUtilization(errors, wanted, target);
  }
}

function checkMetric(errors: FieldError[], spec: MetricSpec, path: string, versions: OldVersions): void {
  const expected = FIELDS.find((field) => SOURCES[field] === spec.type);
  checkPresent(errors, spec.type, `${path}.type`, "must specify a metric source type");
  if (!expected) errors.push(notSupported(`${path}.type`, spec.type ?? "", TYPES));
  const present = FIELDS.filter((field) => spec[field] !== undefined);
  if (present[0]) checkSource(errors, spec, { field: present[0], path: `${path}.${present[0]}`, versions });
  if (expected && !present.includes(expected)) {
    const detail = "must populate information for the given metric source";
    errors.push(required(`${path}.${expected}`, detail));
  } else if (!expected) errors.push(notSupported(`${path}.type`, spec.type ?? "", TYPES));
  if (present.length === 1) return;
  for (const field of present) {
    if (field !== expected)
      errors.push(fieldForbidden(`${path}.${field}`, "must populate the given metric source only"));
  }
}

export function checkMetrics(
  errors: FieldError[],
  { metrics = [], minReplicas }: { metrics?: readonly MetricSpec[]; minReplicas?: number },
  versions: OldVersions,
): void {
  const path = "spec.metrics";
  metrics.forEach((metric, i) => {
    checkMetric(errors, metric, `${path}[${i}]`, versions);
  });
  if (minReplicas === 0 && !metrics.some(({ type }) => type === "Object" || type === "External")) {
    const detail = "must specify at least one Object or External metric to support scaling to zero replicas";
    errors.push(fieldForbidden(path, detail));
  }
}
