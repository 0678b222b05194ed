import { type Controller, keyOf, NOTHING, splitKey } from "../runner/controller.ts";
import { ENDPOINTS, PODS, SERVICES } from "../view/resources.ts";
import { MANAGED_BY, planEndpoints } from "./plan-endpoints.ts";
import { hasEndpoints, podsOf, servicesOf } from "./service-pods.ts";

/** Marks the key of a service that was seen to go. */
const GONE = "gone:";

export const endpointsController: Controller = {
  name: "endpoint-controller",
  watches: {
    [SERVICES]: ({ type, object }) => [type === "deleted" ? GONE + keyOf(object) : keyOf(object)],
    [PODS]: servicesOf,
    [ENDPOINTS]: ({ object }) => [keyOf(object)],
  },
  plan(key, view) {
    const isGone = key.startsWith(GONE);
    const { namespace, name } = splitKey(isGone ? key.slice(GONE.length) : key);
    const service = view.services.get(namespace, name);
    const endpoints = view.endpoints.get(namespace, name);
    if (!service) {
      // Endpoints that never had a service are somebody's own. Those of a service go with it, whoever made them.
      const isOurs = endpoints?.metadata.labels?.[MANAGED_BY] !== undefined;
      return isOurs || isGone ? planEndpoints({ service, pods: [], endpoints }) : NOTHING;
    }
    if (!hasEndpoints(service)) return NOTHING;
    return planEndpoints({ service, pods: [...podsOf(service, view)], endpoints });
  },
};
