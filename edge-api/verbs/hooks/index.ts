import { IP_ADDRESSES } from "../allocation/cluster-ips.ts";
import { certificateRequestHooks } from "./certificate-requests.ts";
import { resourceClaimHooks, resourceClaimTemplateHooks, taintHooks } from "./devices.ts";
import { flowSchemaHooks } from "./flow-schemas.ts";
import type { StorageHooks } from "./hooks.ts";
import { ipAddressHooks } from "./ip-addresses.ts";
import { namespaceHooks } from "./namespaces.ts";
import { persistentVolumeHooks } from "./persistent-volumes.ts";
import { serviceHooks } from "./services.ts";
import { secretHooks, serviceAccountHooks } from "./token-secrets.ts";

const HOOKS: ReadonlyMap<string, StorageHooks> = new Map([
  ["namespaces", namespaceHooks],
  ["persistentvolumes", persistentVolumeHooks],
  ["services", serviceHooks],
  [IP_ADDRESSES, ipAddressHooks],
  ["secrets", secretHooks],
  ["serviceaccounts", serviceAccountHooks],
  ["flowschemas.flowcontrol.apiserver.k8s.io", flowSchemaHooks],
  ["certificatesigningrequests.certificates.k8s.io", certificateRequestHooks],
  ["resourceclaims.resource.k8s.io", resourceClaimHooks],
  ["resourceclaimtemplates.resource.k8s.io", resourceClaimTemplateHooks],
  ["resourceslices.resource.k8s.io", taintHooks],
  ["devicetaintrules.resource.k8s.io", taintHooks],
]);

const NONE: StorageHooks = {};

/** The hooks of a storage key; empty for most. */
export const hooksOf = (storage: string): StorageHooks => HOOKS.get(storage) ?? NONE;
