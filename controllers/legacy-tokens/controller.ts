import type { ConfigMap, Secret, ServiceAccount } from "../../kinds/core/v1-types.ts";
import type { Change } from "../../machinery/cluster/feed-cache.ts";
import { type Controller, keyOf, NOTHING, splitKey } from "../runner/controller.ts";
import { CONFIG_MAPS, SECRETS, SERVICE_ACCOUNTS } from "../view/resources.ts";
import type { View } from "../view/view.ts";
import { planLegacyToken } from "./plan.ts";

const TRACKING = { namespace: "kube-system", name: "kube-apiserver-legacy-service-account-token-tracking" };
const TYPE = "kubernetes.io/service-account-token";
const ACCOUNT = "kubernetes.io/service-account.name";
const ACCOUNT_UID = "kubernetes.io/service-account.uid";

/** Removes tokens that Kubernetes once made for service accounts, when nobody uses them any more. Keys are Secrets. */
export const legacyTokenCleaner: Controller = {
  name: "legacy-service-account-token-cleaner",
  watches: {
    [SECRETS]: ({ type, object }: Change<Secret>) =>
      type !== "deleted" && object.type === TYPE ? [keyOf(object)] : undefined,
    [SERVICE_ACCOUNTS]: ({ type, object }: Change<ServiceAccount>) =>
      type === "deleted" ? undefined : object.secrets?.map(({ name }) => `${object.metadata.namespace}/${name}`),
    [CONFIG_MAPS]: ({ object: { metadata } }: Change<ConfigMap>, view) =>
      metadata.namespace === TRACKING.namespace && metadata.name === TRACKING.name ? everyToken(view) : undefined,
  },
  plan(key, view, { nowMs }) {
    const { namespace, name } = splitKey(key);
    const secret = view.secrets.get(namespace, name);
    if (secret?.type !== TYPE) return NOTHING;
    const { [ACCOUNT]: account = "", [ACCOUNT_UID]: uid } = secret.metadata.annotations ?? {};
    const owner = view.serviceAccounts.get(namespace, account);
    const isOwner = owner !== undefined && (!uid || uid === owner.metadata.uid);
    return planLegacyToken({
      secret,
      isListed: isOwner && (owner.secrets?.some((listed) => listed.name === name) ?? false),
      trackedSince: view.configMaps.get(TRACKING.namespace, TRACKING.name)?.data?.since,
      isMounted: () => view.pods.by("secret", key).size > 0,
      nowMs,
    });
  },
};

function* everyToken(view: View): Generator<string> {
  for (const secret of view.secrets.values()) if (secret.type === TYPE) yield keyOf(secret);
}
