/**
 * A pod on a node is changed only to what the node says it can do.
 * Source: KEP-5328, https://kubernetes.io/docs/concepts/scheduling-eviction/node-declared-features/
 */
import type { Node, Pod } from "../../../kinds/core/v1-types.ts";
import { featuresToUpdate } from "../../../kinds/scheduling/declared-features.ts";
import type { AdmissionPlugin } from "./plugin.ts";
import { refuse } from "./refuse.ts";

export const nodeDeclaredFeatureValidator: AdmissionPlugin = {
  name: "NodeDeclaredFeatureValidator",
  resources: ["pods"],
  validate(attributes, { store }) {
    const { operation, subresource } = attributes;
    if (operation !== "UPDATE" || (subresource !== "" && subresource !== "resize")) return;
    const [next, prev] = [attributes.object as Pod, attributes.old as Pod];
    const { nodeName } = next.spec;
    if (!nodeName || next.metadata.generation === prev.metadata.generation) return;
    const needed = featuresToUpdate(next, prev);
    if (needed.length === 0) return;
    const quoted = JSON.stringify(nodeName);
    const row = store.get({ resource: "nodes", namespace: "", name: nodeName });
    if (!row) throw refuse(attributes, `node ${quoted} not found`);
    const declared = new Set((JSON.parse(row.value) as Node).status?.declaredFeatures);
    const missing = needed.filter((feature) => !declared.has(feature));
    if (missing.length === 0) return;
    throw refuse(
      attributes,
      `pod update requires features ${missing.join(", ")} which are not available on node ${quoted}`,
    );
  },
};
