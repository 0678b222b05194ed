/** HorizontalPodAutoscaler. Source: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/ */
import { type FieldError, invalid, notSupported, required } from "../../machinery/meta/field-error.ts";
import { checkNonNegative, NOT_POSITIVE } from "../common/checks.ts";
import { checkNonNegativeQuantity } from "../common/quantities.ts";
import { age, type Cell, nameOf } from "../common/rows.ts";
import { separateStatus } from "../common/status.ts";
import type { Strategy } from "../kind.ts";
import { checkMetrics, checkReference, versionMessage } from "./metrics.ts";
import { metricsText } from "./metrics-text.ts";
import type { HorizontalPodAutoscaler, HPAScalingPolicy, HPAScalingRules } from "./v2-types.ts";

const MAX_PERIOD_SECONDS = 1800;
const MAX_WINDOW_SECONDS = 3600;
const DEFAULT_CPU_PERCENT = 80;

const doubling = (): HPAScalingPolicy => ({ type: "Percent", value: 100, periodSeconds: 15 });
const fourPods = (): HPAScalingPolicy => ({ type: "Pods", value: 4, periodSeconds: 15 });

/** Also for behaviours that came as an annotation of the older version. */
export function defaultAutoscalerSpec(spec: HorizontalPodAutoscaler["spec"]): void {
  spec.minReplicas ??= 1;
  if (!spec.metrics?.length) {
    const target = { type: "Utilization", averageUtilization: DEFAULT_CPU_PERCENT };
    spec.metrics = [{ type: "Resource", resource: { name: "cpu", target } }];
  }
  if (!spec.behavior) return;
  const { behavior } = spec;
  behavior.scaleUp ??= {};
  behavior.scaleUp.selectPolicy ??= "Max";
  behavior.scaleUp.stabilizationWindowSeconds ??= 0;
  behavior.scaleUp.policies ??= [fourPods(), doubling()];
  behavior.scaleDown ??= {};
  behavior.scaleDown.selectPolicy ??= "Max";
  behavior.scaleDown.policies ??= [doubling()];
}

function checkPolicy(errors: FieldError[], { type, value, periodSeconds }: HPAScalingPolicy, path: string): void {
  if (type !== "Pods" && type !== "Percent") {
    errors.push(notSupported(`${path}.type`, type ?? "", ["Percent", "Pods"]));
  }
  const seconds = periodSeconds ?? 0;
  if ((value ?? 0) <= 0) errors.push(invalid(`${path}.value`, value ?? 0, NOT_POSITIVE));
  if (seconds <= 0) errors.push(invalid(`${path}.periodSeconds`, seconds, NOT_POSITIVE));
  if (seconds > MAX_PERIOD_SECONDS) {
    errors.push(invalid(`${path}.periodSeconds`, seconds, `must be less than or equal to ${MAX_PERIOD_SECONDS}`));
  }
}

function checkScalingRules(errors: FieldError[], rules: HPAScalingRules | undefined, path: string): void {
  if (!rules) return;
  const window = rules.stabilizationWindowSeconds;
  const at = `${path}.stabilizationWindowSeconds`;
  if (window !== undefined && window < 0) {
    errors.push(invalid(at, window, "must be greater than or equal to zero"));
  }
  if (window !== undefined && window > MAX_WINDOW_SECONDS) {
    errors.push(invalid(at, window, `must be less than or equal to ${MAX_WINDOW_SECONDS}`));
  }
  const select = rules.selectPolicy;
  if (select !== undefined && !["Disabled", "Max", "Min"].includes(select)) {
    errors.push(notSupported(`${path}.selectPolicy`, select, ["Disabled", "Max", "Min"]));
  }
  if (!rules.policies?.length) errors.push(required(`${path}.policies`, "must specify at least one Policy"));
  rules.policies?.forEach((policy, i) => {
    checkPolicy(errors, policy, `${path}.policies[${i}]`);
  });
  if (rules.tolerance !== undefined) checkNonNegativeQuantity(errors, rules.tolerance, `${path}.tolerance`);
}

/** Old objects may go on naming versions that cannot be read, and scaling to zero, which takes a gate that is off. */
function autoscalerErrors({ spec }: HorizontalPodAutoscaler, prev?: HorizontalPodAutoscaler): FieldError[] {
  const errors: FieldError[] = [];
  const { minReplicas, maxReplicas = 0, scaleTargetRef: target = { kind: "", name: "" } } = spec;
  const least = prev?.spec.minReplicas === 0 ? 0 : 1;
  if (minReplicas !== undefined && minReplicas < least) {
    errors.push(invalid("spec.minReplicas", minReplicas, `must be greater than or equal to ${least}`));
  }
  if (maxReplicas < 1) errors.push(invalid("spec.maxReplicas", maxReplicas, "must be greater than 0"));
  if (minReplicas !== undefined && maxReplicas < minReplicas) {
    errors.push(invalid("spec.maxReplicas", maxReplicas, "must be greater than or equal to `minReplicas`"));
  }
  const old = prev?.spec.scaleTargetRef;
  const isSameTarget = old && (old.apiVersion ?? "") === (target.apiVersion ?? "") && old.kind === target.kind;
  // Of the core group only this one can be scaled.
  const groups = target.kind === "ReplicationController" ? "anyGroup" : "needsGroup";
  checkReference(errors, target, "spec.scaleTargetRef", isSameTarget ? "" : versionMessage(target, groups));
  const hadWrong = prev?.spec.metrics?.some(
    ({ type, object }) =>
      type === "Object" && object && versionMessage(object.describedObject ?? {}, "anyGroup") !== "",
  );
  checkMetrics(errors, spec, hadWrong ? "kept" : "refused");
  checkScalingRules(errors, spec.behavior?.scaleUp, "spec.behavior.scaleUp");
  checkScalingRules(errors, spec.behavior?.scaleDown, "spec.behavior.scaleDown");
  return errors;
}

function row(object: HorizontalPodAutoscaler, nowMs: number): Cell[] {
  const { spec, status } = object;
  return [
    nameOf(object),
    `${spec.scaleTargetRef?.kind ?? ""}/${spec.scaleTargetRef?.name ?? ""}`,
    metricsText(spec.metrics, status?.currentMetrics),
    spec.minReplicas === undefined ? "<unset>" : String(spec.minReplicas),
    spec.maxReplicas ?? 0,
    status?.currentReplicas ?? 0,
    age(object, nowMs),
  ];
}

export const horizontalPodAutoscaler: Strategy<HorizontalPodAutoscaler> = {
  defaults(next) {
    next.spec ??= {} as HorizontalPodAutoscaler["spec"];
    next.spec.scaleTargetRef ??= { kind: "", name: "" };
    defaultAutoscalerSpec(next.spec);
    return next;
  },
  ...separateStatus<HorizontalPodAutoscaler>({
    initial: () => ({ desiredReplicas: 0 }),
    check({ status }) {
      const errors: FieldError[] = [];
      checkNonNegative(errors, status?.currentReplicas, "status.currentReplicas");
      checkNonNegative(errors, status?.desiredReplicas, "status.desiredReplicas");
      return errors;
    },
  }),
  validateCreate: (next) => autoscalerErrors(next),
  validateUpdate: autoscalerErrors,
  row,
};
