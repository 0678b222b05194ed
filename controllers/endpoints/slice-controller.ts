import type { Node } from "../../kinds/core/v1-types.ts";
import { type Controller, keyOf, NOTHING, type Plan, splitKey } from "../runner/controller.ts";
import { ENDPOINT_SLICES, NODES, PODS, SERVICES } from "../view/resources.ts";
import type { View } from "../view/view.ts";
import { CONTROLLER, MANAGED_BY, planEndpointSlices } from "./plan-slices.ts";
import { hasEndpoints, podsOf, servicesOf } from "./service-pods.ts";
import { topologyOf, wantsTopologyHints, zoneShares } from "./topology-hints.ts";

export const endpointSliceController = (): Controller => {
  /** What was last told of a service, by its key: the same again is no news. Lost with the process, and told again. */
  const told = new Map<string, string>();
  const onlyNews = (key: string, { events, ...plan }: Plan): Plan => {
    const news = events?.map(({ message }) => message).join("\n");
    const isNews = news !== undefined && told.get(key) !== news;
    if (news === undefined) told.delete(key);
    else told.set(key, news);
    return isNews && events ? { ...plan, events } : plan;
  };
  return {
    name: "endpointslice-controller",
    eventSource: "endpoint-slice-controller",
    watches: {
      [SERVICES]: ({ object }) => [keyOf(object)],
      [PODS]: servicesOf,
      [ENDPOINT_SLICES]: ({ object: { metadata } }) => {
        const service = metadata.labels?.["kubernetes.io/service-name"];
        return service === undefined ? undefined : [`${metadata.namespace}/${service}`];
      },
      [NODES]: ({ type, object, previous }, view) => {
        const moved = type !== "changed" || topologyOf(object) !== topologyOf(previous);
        return moved ? servicesAround(object, view) : undefined;
      },
    },
    plan(key, view, { random }) {
      const { namespace, name } = splitKey(key);
      const service = view.services.get(namespace, name);
      // Slices of a service that is gone are left to the garbage collector.
      if (!service || !hasEndpoints(service)) return onlyNews(key, NOTHING);
      const plan = planEndpointSlices({
        service,
        pods: [...podsOf(service, view)],
        node: (node) => view.nodes.get("", node),
        slices: [...view.endpointSlices.by("service", key)].filter(
          ({ metadata }) => metadata.labels?.[MANAGED_BY] === CONTROLLER,
        ),
        zoneShares: () => zoneShares(view.nodes.values()),
        random,
      });
      return onlyNews(key, plan);
    },
  };
};

/** A node that comes, goes or moves changes what its pods' endpoints say, and the shares of all zones. */
function* servicesAround(node: Node, view: View): Generator<string> {
  for (const pod of view.pods.by("node", node.metadata.name ?? "")) {
    yield* servicesOf({ type: "added", resource: PODS, object: pod }, view);
  }
  for (const service of view.services.values()) if (wantsTopologyHints(service)) yield keyOf(service);
}
