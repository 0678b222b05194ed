/** Taints and tolerations. Source: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ */
import type { Taint, Toleration } from "../../kinds/core/v1-types.ts";
import { parseInt64 } from "../../machinery/meta/selector-syntax.ts";

export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  switch (toleration.operator ?? "Equal") {
    case "Exists":
      return true;
    case "Equal":
      return (toleration.value ?? "") === (taint.value ?? "");
    case "Gt":
    case "Lt": {
      const bound = parseInt64(toleration.value ?? "");
      const value = parseInt64(taint.value ?? "");
      if (bound === undefined || value === undefined) return false;
      return toleration.operator === "Gt" ? value > bound : value < bound;
    }
    default:
      return false;
  }
}

export const isTolerated = (taint: Taint, tolerations: readonly Toleration[]): boolean =>
  tolerations.some((toleration) => tolerates(toleration, taint));
