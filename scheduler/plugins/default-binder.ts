import type { BindPlugin } from "../framework/plugin.ts";

/** Writes the pod's binding subresource. The uid keeps a pod of the same name made since from being bound. */
export const defaultBinder: BindPlugin = {
  name: "DefaultBinder",
  bind({ metadata: { namespace = "", name = "", uid } }, nodeName) {
    return {
      verb: "create",
      resource: "pods",
      namespace,
      name,
      subresource: "binding",
      object: {
        apiVersion: "v1",
        kind: "Binding",
        metadata: { namespace, name, ...(uid && { uid }) },
        target: { kind: "Node", name: nodeName },
      },
    };
  },
};
