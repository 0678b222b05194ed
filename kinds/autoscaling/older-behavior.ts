/**
 * Behavior as autoscaling/v1 writes it into an annotation: the fields of upstream's own type, in its spelling and
 * with what is not set as null. Go reads them in any case.
 * Source: kubernetes/pkg/apis/autoscaling/v1/conversion.go.
 */
import type { HorizontalPodAutoscalerBehavior, HPAScalingRules } from "./v2-types.ts";

const rulesToOlder = (rules: HPAScalingRules | undefined): object | null =>
  rules
    ? {
        StabilizationWindowSeconds: rules.stabilizationWindowSeconds ?? null,
        SelectPolicy: rules.selectPolicy ?? null,
        Policies:
          rules.policies?.map(({ type, value, periodSeconds }) => ({
            Type: type,
            Value: value,
            PeriodSeconds: periodSeconds,
          })) ?? null,
        Tolerance: rules.tolerance ?? null,
      }
    : null;

export const behaviorToOlder = ({ scaleUp, scaleDown }: HorizontalPodAutoscalerBehavior): object => ({
  ScaleUp: rulesToOlder(scaleUp),
  ScaleDown: rulesToOlder(scaleDown),
});

function inLowerCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inLowerCase);
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(
    fields.map(([name, field]) => [name.slice(0, 1).toLowerCase() + name.slice(1), inLowerCase(field)]),
  );
}

/** Undefined: it says nothing of either direction. */
export function behaviorFromOlder(value: object): HorizontalPodAutoscalerBehavior | undefined {
  const behavior = inLowerCase(value) as HorizontalPodAutoscalerBehavior;
  return behavior.scaleUp || behavior.scaleDown ? behavior : undefined;
}
