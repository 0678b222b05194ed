/**
 * Pods carry the zone and region of the node they are bound to as labels.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#podtopologylabels
 */
import type { KubeObject } from "../../../machinery/meta/object.ts";
import type { Store } from "../../store/contract.ts";
import type { AdmissionPlugin } from "./plugin.ts";

const LABELS = ["topology.kubernetes.io/zone", "topology.kubernetes.io/region"];

interface Binding extends KubeObject {
  target?: { kind?: string; name?: string };
}

export const podTopologyLabels: AdmissionPlugin = {
  name: "PodTopologyLabels",
  resources: ["pods"],
  admit({ operation, subresource, object }, { store }) {
    if (operation !== "CREATE") return;
    // A binding's labels become the pod's.
    if (subresource === "binding") {
      const { target } = object as Binding;
      if (target?.kind === "Node" && target.name) addLabels(object!, store, target.name);
      return;
    }
    const { nodeName } = (object!.spec ?? {}) as { nodeName?: string };
    if (subresource === "" && nodeName) addLabels(object!, store, nodeName);
  },
};

function addLabels({ metadata }: KubeObject, store: Store, node: string): void {
  const row = store.get({ resource: "nodes", namespace: "", name: node });
  // Most nodes have no topology: do not parse them to see that.
  if (!row?.value.includes('"topology.kubernetes.io/')) return;
  const { labels = {} } = (JSON.parse(row.value) as KubeObject).metadata;
  for (const key of LABELS) {
    if (Object.hasOwn(labels, key)) metadata.labels = { ...metadata.labels, [key]: labels[key]! };
  }
}
