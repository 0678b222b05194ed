/**
 * Pods stay on a node that is not ready or unreachable for a while, then go. Upstream waits 300 s; here a node whose
 * tunnel has closed is known to be gone at once, so that 30 s is as careful.
 */
import type { Toleration } from "../tolerations.ts";
import type { AdmissionPlugin } from "./plugin.ts";

const SECONDS = 30;
const TAINTS = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

export const defaultTolerationSeconds: AdmissionPlugin = {
  name: "DefaultTolerationSeconds",
  resources: ["pods"],
  admit({ operation, subresource, object }) {
    if (subresource !== "" || operation === "DELETE") return;
    const spec = object!.spec as { tolerations?: Toleration[] };
    const given = spec.tolerations ?? [];
    const missing = TAINTS.filter((taint) => !given.some((toleration) => covers(toleration, taint)));
    if (missing.length === 0) return;
    spec.tolerations = [
      ...given,
      ...missing.map((key) => ({ key, operator: "Exists", effect: "NoExecute", tolerationSeconds: SECONDS })),
    ];
  },
};

const covers = ({ key, effect }: Toleration, taint: string): boolean =>
  (key === taint || !key) && (effect === "NoExecute" || !effect);
