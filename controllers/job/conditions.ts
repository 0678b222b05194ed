import type { Job, JobCondition } from "../../kinds/batch/v1-types.ts";
import { formatTime } from "../../machinery/clock.ts";

export type Conditions = readonly JobCondition[];

export const findTrue = (conditions: Conditions, type: string): JobCondition | undefined =>
  conditions.find((condition) => condition.type === type && condition.status === "True");

export const isFinished = ({ status }: Job): boolean =>
  (findTrue(status?.conditions ?? [], "Complete") ?? findTrue(status?.conditions ?? [], "Failed")) !== undefined;

export const condition = (
  type: string,
  { status = "True", reason, message, nowMs }: { status?: string; reason: string; message: string; nowMs: number },
): JobCondition => ({
  type,
  status,
  reason,
  message,
  lastProbeTime: formatTime(nowMs),
  lastTransitionTime: formatTime(nowMs),
});

/** Sets a condition; one that is new and not True is not worth having. */
export function ensure(conditions: Conditions, next: JobCondition): Conditions {
  const current = conditions.find(({ type }) => type === next.type);
  if (!current) return next.status === "False" ? conditions : [...conditions, next];
  const isSame = current.status === next.status && current.reason === next.reason && current.message === next.message;
  return isSame ? conditions : conditions.map((old) => (old === current ? next : old));
}
