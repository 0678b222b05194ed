import type { KubeObject } from "../../machinery/meta/object.ts";
import { type Controller, NOTHING } from "../runner/controller.ts";
import { NAMESPACES } from "../view/resources.ts";
import type { View } from "../view/view.ts";
import { type Content, planNamespace } from "./plan.ts";

export const namespaceController: Controller = {
  name: "namespace-controller",
  watches: {
    [NAMESPACES]: ({ type, object }) =>
      type !== "deleted" && object.metadata.deletionTimestamp ? [object.metadata.name ?? ""] : undefined,
  },
  // Content that goes brings the end nearer; content that comes (a write that was under way) must go too.
  watchAll: ({ object }, view) => {
    const { namespace } = object.metadata;
    return namespace && view.namespaces.get("", namespace)?.metadata.deletionTimestamp ? [namespace] : undefined;
  },
  plan(name, view, { nowMs, failures }) {
    const namespace = view.namespaces.get("", name);
    if (!namespace?.metadata.deletionTimestamp) return NOTHING;
    return planNamespace({ namespace, contents: contentsOf(name, view), failures, nowMs });
  },
};

function contentsOf(namespace: string, view: View): Content[] {
  const contents: Content[] = [];
  for (const table of view.tables()) {
    if (table.countInNamespace(namespace) === 0) continue;
    contents.push({ resource: table.resource, objects: [...(table.inNamespace(namespace) as Iterable<KubeObject>)] });
  }
  return contents;
}
