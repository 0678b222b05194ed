import type { Endpoints } from "../../kinds/core/v1-types.ts";
import type { EndpointSlice } from "../../kinds/discovery/v1-types.ts";
import { type Controller, keyOf, NOTHING, splitKey } from "../runner/controller.ts";
import { ENDPOINT_SLICES, ENDPOINTS, SERVICES } from "../view/resources.ts";
import { isMirrorable, isMirrored, planMirror } from "./plan.ts";

const SERVICE_NAME = "kubernetes.io/service-name";

/** Keeps EndpointSlices that say what the Endpoints of a service without selector say. Keys are those of Endpoints. */
export const endpointSliceMirroringController: Controller = {
  name: "endpointslicemirroring-controller",
  eventSource: "endpoint-slice-mirroring-controller",
  watches: {
    [SERVICES]: ({ object, previous }) =>
      !object.spec?.selector || (previous && !previous.spec?.selector) ? [keyOf(object)] : undefined,
    [ENDPOINTS]: ({ object, previous }) =>
      isMirrorable(object as Endpoints) || (previous && isMirrorable(previous as Endpoints))
        ? [keyOf(object)]
        : undefined,
    [ENDPOINT_SLICES]: ({ object, previous }) =>
      [object, previous].some((slice) => slice && isMirrored(slice as EndpointSlice))
        ? [`${object.metadata.namespace}/${object.metadata.labels?.[SERVICE_NAME] ?? ""}`]
        : undefined,
  },
  plan(key, view, { random }) {
    const { namespace, name } = splitKey(key);
    const service = view.services.get(namespace, name);
    const endpoints = view.endpoints.get(namespace, name);
    const slices = [...view.endpointSlices.by("service", key)].filter(isMirrored);
    const isWanted = service && !service.spec?.selector && endpoints && isMirrorable(endpoints);
    if (!isWanted && slices.length === 0) return NOTHING;
    return planMirror({ endpoints: isWanted ? endpoints : undefined, slices, random });
  },
};
