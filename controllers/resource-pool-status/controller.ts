import { type Controller, NOTHING } from "../runner/controller.ts";
import { POOL_STATUS_REQUESTS } from "../view/resources.ts";
import { planPoolStatus } from "./plan.ts";

/** Answers ResourcePoolStatusRequests from what is known of devices, and forgets them. */
export const resourcePoolStatusController: Controller = {
  name: "resourcepoolstatusrequest-controller",
  watches: {
    [POOL_STATUS_REQUESTS]: ({ type, object }) => (type === "deleted" ? undefined : [object.metadata.name ?? ""]),
  },
  plan(name, view, { nowMs }) {
    const request = view.poolStatusRequests.get("", name);
    if (!request) return NOTHING;
    const devices = {
      slices: [...view.resourceSlices.values()],
      claims: [...view.resourceClaims.values()],
      rules: [...view.deviceTaintRules.values()],
    };
    return planPoolStatus(request, devices, nowMs);
  },
};
