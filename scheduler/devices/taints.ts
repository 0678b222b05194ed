import type { Device, DeviceTaint, DeviceToleration } from "../../kinds/generated/api/resource-v1.ts";

/** Whether all taints that keep new users off are tolerated. */
export const isTolerated = ({ taints = [] }: Device, tolerations: readonly DeviceToleration[]): boolean =>
  taints.every((taint) => taint.effect === "None" || tolerations.some((each) => tolerates(each, taint)));

function tolerates({ key, operator = "Equal", value = "", effect }: DeviceToleration, taint: DeviceTaint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (key && key !== taint.key) return false;
  return operator === "Exists" || (key !== undefined && value === (taint.value ?? ""));
}
