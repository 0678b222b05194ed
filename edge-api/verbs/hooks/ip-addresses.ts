/** A cluster IP stays taken for as long as a service has it, whoever deletes the object that says so. */
import type { Service } from "../../../kinds/core/v1-types.ts";
import type { IPAddress } from "../../../kinds/networking/v1-types.ts";
import { canonicalAddress } from "../allocation/address-range.ts";
import { claimAddress } from "../allocation/cluster-ips.ts";
import { addressesOf } from "../allocation/plan-addresses.ts";
import { parseObject } from "../object-text.ts";
import type { StorageHooks } from "./hooks.ts";

export const ipAddressHooks: StorageHooks = {
  afterDelete(prev, env) {
    const { metadata, spec } = prev as IPAddress;
    const { group, resource, namespace = "", name } = spec.parentRef ?? {};
    if (group || resource !== "services" || !name) return;
    const row = env.store.get({ resource: "services", namespace, name });
    if (!row) return;
    const service = parseObject(row.value) as Service;
    const held = addressesOf(service).find((address) => canonicalAddress(address) === metadata.name);
    if (held !== undefined) claimAddress(env, held, service.metadata);
  },
};
