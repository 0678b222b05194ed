import type { PersistentVolumeClaim } from "../../kinds/core/v1-types.ts";
import type { Change } from "../../machinery/cluster/feed-cache.ts";
import { compareQuantities } from "../../machinery/meta/quantity.ts";
import { type Controller, keyOf, NOTHING, type Plan, splitKey } from "../runner/controller.ts";
import { VOLUME_CLAIMS } from "../view/resources.ts";

/** Tells of claims that want to be larger: whoever made a volume makes it larger. */
export const volumeExpandController: Controller = {
  name: "expand-controller",
  eventSource: "volume_expand",
  watches: {
    [VOLUME_CLAIMS]: ({ type, object, previous }: Change<PersistentVolumeClaim>) =>
      type !== "deleted" && wantsMore(object) && !(previous && wantsMore(previous)) ? [keyOf(object)] : undefined,
  },
  plan(key, view) {
    const { namespace, name } = splitKey(key);
    const claim = view.volumeClaims.get(namespace, name);
    return claim ? planExpansion(claim) : NOTHING;
  },
};

const wantsMore = ({ spec, status }: PersistentVolumeClaim): boolean =>
  status?.phase === "Bound" &&
  status.capacity?.storage !== undefined &&
  compareQuantities(spec.resources?.requests?.storage ?? "0", status.capacity.storage) > 0;

export function planExpansion(claim: PersistentVolumeClaim): Plan {
  if (!wantsMore(claim)) return NOTHING;
  const message =
    "Ignoring the PVC: didn't find a plugin capable of expanding the volume; waiting for an external controller to process this PVC.";
  return { actions: [], events: [{ about: claim, type: "Normal", reason: "ExternalExpanding", message }] };
}
