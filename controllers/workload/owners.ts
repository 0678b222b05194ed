import type { Pod } from "../../kinds/core/v1-types.ts";
import type { Change } from "../../machinery/cluster/feed-cache.ts";
import type { KubeObject, LabelSelector } from "../../machinery/meta/object.ts";
import { compileSelector } from "../../machinery/meta/selector.ts";
import { keyOf } from "../runner/controller.ts";
import { controllerOf } from "../view/view.ts";

interface Owners {
  kind: string;
  owners: {
    inNamespace(namespace: string): Iterable<KubeObject>;
  };
  /** Default: spec.selector. */
  selectorOf?(owner: KubeObject): LabelSelector | undefined;
}

/**
 * Keys of the owners of one kind that a change of a pod (or of a ReplicaSet under a Deployment) matters to: who
 * controls it now or did before; for one that nobody controls, those that may adopt it.
 */
export function* matchingOwners({ type, object, previous }: Change<Pod>, about: Owners): Generator<string> {
  const namespace = object.metadata.namespace ?? "";
  const now = controllerOf(object);
  const before = previous && controllerOf(previous);
  for (const reference of now && before && now.uid === before.uid ? [now] : [now, before]) {
    if (reference?.kind === about.kind) yield `${namespace}/${reference.name}`;
  }
  if (now || type === "deleted") return;
  const labels = object.metadata.labels;
  // A selector that is empty or absent selects nothing here: such an owner adopts nothing.
  if (!labels) return;
  for (const owner of about.owners.inNamespace(namespace)) {
    const selector = about.selectorOf ? about.selectorOf(owner) : (owner.spec as { selector?: LabelSelector }).selector;
    if (compileSelector(selector)(labels)) yield keyOf(owner);
  }
}
