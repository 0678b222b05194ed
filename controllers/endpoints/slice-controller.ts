import { type Controller, keyOf, NOTHING, splitKey } from "../runner/controller.ts";
import { ENDPOINT_SLICES, NODES, PODS, SERVICES } from "../view/resources.ts";
import type { View } from "../view/view.ts";
import { CONTROLLER, MANAGED_BY, planEndpointSlices } from "./plan-slices.ts";
import { hasEndpoints, podsOf, servicesOf } from "./service-pods.ts";

export const endpointSliceController: Controller = {
  name: "endpointslice-controller",
  watches: {
    [SERVICES]: ({ object }) => [keyOf(object)],
    [PODS]: servicesOf,
    [ENDPOINT_SLICES]: ({ object: { metadata } }) => {
      const service = metadata.labels?.["kubernetes.io/service-name"];
      return service === undefined ? undefined : [`${metadata.namespace}/${service}`];
    },
    // A node that comes, goes or moves changes what its pods' endpoints say.
    [NODES]: ({ type, object, previous }, view) =>
      type === "changed" && zoneOf(object) === zoneOf(previous)
        ? undefined
        : servicesOnNode(object.metadata.name ?? "", view),
  },
  plan(key, view, { random }) {
    const { namespace, name } = splitKey(key);
    const service = view.services.get(namespace, name);
    // Slices of a service that is gone are left to the garbage collector.
    if (!service || !hasEndpoints(service)) return NOTHING;
    return planEndpointSlices({
      service,
      pods: [...podsOf(service, view)],
      node: (node) => view.nodes.get("", node),
      slices: [...view.endpointSlices.by("service", key)].filter(
        ({ metadata }) => metadata.labels?.[MANAGED_BY] === CONTROLLER,
      ),
      random,
    });
  },
};

const zoneOf = (node: { metadata: { labels?: { [key: string]: string } } } | undefined): string | undefined =>
  node?.metadata.labels?.["topology.kubernetes.io/zone"];

function* servicesOnNode(node: string, view: View): Generator<string> {
  for (const pod of view.pods.by("node", node)) {
    yield* servicesOf({ type: "added", resource: PODS, object: pod }, view);
  }
}
