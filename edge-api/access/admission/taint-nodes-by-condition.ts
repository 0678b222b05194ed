/**
 * A new node takes no pods until the node lifecycle controller has seen it ready.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#taintnodesbycondition
 */
import type { KubeObject } from "../../../machinery/meta/object.ts";
import type { AdmissionPlugin } from "./plugin.ts";

const TAINT = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" };

export const taintNodesByCondition: AdmissionPlugin = {
  name: "TaintNodesByCondition",
  resources: ["nodes"],
  admit({ operation, subresource, object }) {
    if (operation !== "CREATE" || subresource !== "") return;
    const node = object as KubeObject & { spec?: { taints?: { key: string; effect: string }[] } };
    const taints = node.spec?.taints ?? [];
    if (taints.some(({ key, effect }) => key === TAINT.key && effect === TAINT.effect)) return;
    node.spec = { ...node.spec, taints: [...taints, { ...TAINT }] };
  },
};
