/** DaemonSet. Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/daemon-set-v1/ */
import { type FieldError, invalid, notSupported, required } from "../../machinery/meta/field-error.ts";
import { compileSelector } from "../../machinery/meta/selector.ts";
import { checkNonNegative } from "../common/checks.ts";
import { checkAtMost100Percent, checkIntOrPercent, intOrPercentValue } from "../common/int-or-percent.ts";
import { checkCollisionCount } from "../common/replicas.ts";
import { age, labelText, nameOf } from "../common/rows.ts";
import { checkImmutable, same } from "../common/same.ts";
import { checkSelector, isEmptySelector, mismatch } from "../common/selectors.ts";
import { keepStatus, separateStatus } from "../common/status.ts";
import { checkPodTemplate, checkRunsForever, defaultPodTemplate } from "../core/pod-template/template.ts";
import type { Strategy } from "../kind.ts";
import { templateCells } from "./rollout.ts";
import type { DaemonSet, DaemonSetSpec, DaemonSetUpdateStrategy } from "./v1-types.ts";

/** How many templates there have been; readers of old versions still look at it. */
const TEMPLATE_GENERATION = "deprecated.daemonset.template.generation";

const templateGeneration = ({ metadata }: DaemonSet): number =>
  Number(metadata.annotations?.[TEMPLATE_GENERATION]) || 0;

function setTemplateGeneration({ metadata }: DaemonSet, generation: number): void {
  metadata.annotations ??= {};
  metadata.annotations[TEMPLATE_GENERATION] = String(generation);
}

function defaults(next: DaemonSet): DaemonSet {
  next.spec ??= {} as DaemonSetSpec;
  const { spec } = next;
  spec.template ??= {};
  defaultPodTemplate(spec.template);
  spec.updateStrategy ??= {};
  const strategy = spec.updateStrategy;
  strategy.type ||= "RollingUpdate";
  if (strategy.type === "RollingUpdate") {
    strategy.rollingUpdate ??= {};
    strategy.rollingUpdate.maxUnavailable ??= 1;
    strategy.rollingUpdate.maxSurge ??= 0;
  }
  spec.revisionHistoryLimit ??= 10;
  return next;
}

function checkStrategy(errors: FieldError[], strategy: DaemonSetUpdateStrategy): void {
  const path = "spec.updateStrategy";
  if (strategy.type === "OnDelete") return;
  if (strategy.type !== "RollingUpdate") {
    errors.push(notSupported(path, strategy, ["RollingUpdate", "OnDelete"]));
    return;
  }
  const at = `${path}.rollingUpdate`;
  if (!strategy.rollingUpdate) {
    errors.push(required(at));
    return;
  }
  const { maxUnavailable = 0, maxSurge = 0 } = strategy.rollingUpdate;
  checkIntOrPercent(errors, maxUnavailable, `${at}.maxUnavailable`);
  checkIntOrPercent(errors, maxSurge, `${at}.maxSurge`);
  checkAtMost100Percent(errors, maxUnavailable, `${at}.maxUnavailable`);
  checkAtMost100Percent(errors, maxSurge, `${at}.maxSurge`);
  const unavailable = intOrPercentValue(maxUnavailable) !== 0;
  const surge = intOrPercentValue(maxSurge) !== 0;
  if (unavailable && surge) {
    errors.push(invalid(`${at}.maxSurge`, maxSurge, "may not be set when maxUnavailable is non-zero"));
  } else if (!unavailable && !surge) {
    errors.push(required(`${at}.maxUnavailable`, "cannot be 0 when maxSurge is 0"));
  }
}

function validate({ spec }: DaemonSet): FieldError[] {
  const errors: FieldError[] = [];
  const labels = spec.template.metadata?.labels;
  const { selector } = spec;
  const before = errors.length;
  checkSelector(errors, selector, "spec.selector");
  if (errors.length === before && !(selector && compileSelector(selector)(labels))) errors.push(mismatch(labels));
  if (selector && isEmptySelector(selector)) {
    errors.push(invalid("spec.selector", selector, "empty selector is invalid for daemonset"));
  }
  checkPodTemplate(errors, spec.template, "spec.template");
  checkRunsForever(errors, spec.template, "spec.template", "DaemonSet");
  checkNonNegative(errors, spec.minReadySeconds, "spec.minReadySeconds");
  checkStrategy(errors, spec.updateStrategy ?? {});
  checkNonNegative(errors, spec.revisionHistoryLimit, "spec.revisionHistoryLimit");
  return errors;
}

const COUNTS = [
  "currentNumberScheduled",
  "numberMisscheduled",
  "desiredNumberScheduled",
  "numberReady",
  "observedGeneration",
  "updatedNumberScheduled",
  "numberAvailable",
  "numberUnavailable",
  "collisionCount",
] as const;

function statusErrors(next: DaemonSet, prev: DaemonSet): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of COUNTS) checkNonNegative(errors, next.status?.[field], `status.${field}`);
  checkCollisionCount(errors, next.status, prev.status);
  return errors;
}

const status = separateStatus<DaemonSet>({
  initial: () => ({ currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 }),
  check: statusErrors,
  // Upstream it is a field of the spec, which a write of the status leaves alone.
  prepare(next, prev) {
    setTemplateGeneration(next, templateGeneration(prev));
    return next;
  },
});

export const daemonSet: Strategy<DaemonSet> = {
  generation: true,
  defaults,
  prepareForCreate(next) {
    setTemplateGeneration(next, Math.max(templateGeneration(next), 1));
    return status.prepareForCreate(next);
  },
  prepareForUpdate(next, prev) {
    const changed = same(next.spec.template, prev.spec.template) ? 0 : 1;
    setTemplateGeneration(next, templateGeneration(prev) + changed);
    return keepStatus(next, prev);
  },
  subresources: status.subresources,
  validate,
  validateUpdate(next, prev) {
    const errors: FieldError[] = [];
    checkImmutable(errors, next.spec.selector, prev.spec.selector, "spec.selector");
    return errors;
  },
  row: (object, nowMs) => [
    nameOf(object),
    object.status?.desiredNumberScheduled ?? 0,
    object.status?.currentNumberScheduled ?? 0,
    object.status?.numberReady ?? 0,
    object.status?.updatedNumberScheduled ?? 0,
    object.status?.numberAvailable ?? 0,
    labelText(object.spec.template.spec?.nodeSelector),
    age(object, nowMs),
    ...templateCells(object),
  ],
};
