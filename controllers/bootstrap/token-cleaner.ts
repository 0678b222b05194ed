import type { Secret } from "../../kinds/core/v1-types.ts";
import { type Controller, keyOf, NOTHING, type Plan, splitKey } from "../runner/controller.ts";
import { deleteOp } from "../runner/ops.ts";
import { SECRETS } from "../view/resources.ts";
import { expiresAtMs, isBootstrapToken } from "./token.ts";

/** Deletes bootstrap tokens that have expired. */
export const tokenCleanerController: Controller = {
  name: "token-cleaner",
  watches: {
    [SECRETS]: ({ type, object }) =>
      type !== "deleted" && isBootstrapToken(object as Secret) ? [keyOf(object)] : undefined,
  },
  plan(key, view, { nowMs }) {
    const { namespace, name } = splitKey(key);
    const token = view.secrets.get(namespace, name);
    return token && isBootstrapToken(token) ? planExpiry(token, nowMs) : NOTHING;
  },
};

export function planExpiry(token: Secret, nowMs: number): Plan {
  const atMs = expiresAtMs(token);
  if (atMs === undefined || token.metadata.deletionTimestamp) return NOTHING;
  return atMs > nowMs ? { actions: [], againAtMs: atMs } : { actions: [{ op: deleteOp(SECRETS, token) }] };
}
