/** What a pod asks for altogether where limits and quotas are concerned. Pure. */
import { isPodLevel } from "../../../kinds/core/pod-template/resource-names.ts";
import type { PodSpec } from "../../../kinds/core/v1-types.ts";
import { addQuantities } from "../../../machinery/meta/quantity.ts";

export type ResourceList = { [resource: string]: string };

/**
 * The containers' total, or what the pod as a whole asks for where it does, and the runtime's overhead on top.
 * @param containers as kinds' aggregateContainers gives it
 */
export function podTotal(spec: PodSpec, containers: ResourceList, which: "requests" | "limits"): ResourceList {
  const total: ResourceList = { ...containers };
  for (const [name, text] of Object.entries(spec.resources?.[which] ?? {})) if (isPodLevel(name)) total[name] = text;
  for (const [name, text] of Object.entries((spec.overhead as ResourceList | undefined) ?? {})) {
    const own = total[name];
    if (own !== undefined) total[name] = addQuantities(own, text);
    // A resource without limit has none, whatever the runtime takes.
    else if (which === "requests") total[name] = text;
  }
  return total;
}
