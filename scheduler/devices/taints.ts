import type { Device, DeviceTaint, DeviceToleration } from "../../kinds/generated/api/resource-v1.ts";

/** The effects that keep new users off; others, those of later versions too, do not. */
const EFFECTS: ReadonlySet<string> = new Set(["NoSchedule", "NoExecute"]);

/** Whether all taints that keep new users off are tolerated. */
export const isTolerated = ({ taints = [] }: Device, tolerations: readonly DeviceToleration[]): boolean =>
  taints.every(({ effect }, i) => !EFFECTS.has(effect) || tolerations.some((each) => tolerates(each, taints[i]!)));

function tolerates({ key, operator = "Equal", value = "", effect }: DeviceToleration, taint: DeviceTaint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (key && key !== taint.key) return false;
  return operator === "Exists" || (key !== undefined && value === (taint.value ?? ""));
}
