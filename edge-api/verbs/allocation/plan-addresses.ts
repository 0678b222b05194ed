/** Which cluster IPs a write of a service takes. Fills them in; nothing is written to the store. */
import type { Service } from "../../../kinds/core/v1-types.ts";
import { invalid, invalidObject } from "../../../machinery/meta/field-error.ts";
import { type ApiError, internalError } from "../../../machinery/meta/status.ts";
import type { Environment } from "../environment.ts";
import type { Family } from "./address-range.ts";
import { addressProblem, pickAddress } from "./cluster-ips.ts";
import { initializeFamilies, keepsFamilies } from "./ip-families.ts";
import { type ServiceNetwork, serviceNetwork } from "./service-network.ts";

/** Changes `next`. @throws ApiError */
export function planAddresses(env: Environment, next: Service, prev: Service | undefined): void {
  const { spec } = next;
  if (spec.type === "ExternalName") return;
  const network = serviceNetwork(env);
  const errors = initializeFamilies(next, prev, network.families);
  if (errors.length > 0) throw refusal(next, errors);
  const isNew = !prev || prev.spec.type === "ExternalName";
  if (isNew) {
    if (spec.clusterIPs?.[0] !== "None") fill(env, network, next, 0);
  } else if (!keepsFamilies(next, prev) && prev.spec.clusterIPs?.[0] !== "None") {
    const gainsOne = prev.spec.ipFamilies?.length === 1 && spec.ipFamilies?.length === 2;
    if (gainsOne) fill(env, network, next, 1);
  }
}

/** Sees to the addresses from the given one on: those that are asked for must be free, others are picked. */
function fill(env: Environment, network: ServiceNetwork, service: Service, from: number): void {
  const { spec } = service;
  const families = (spec.ipFamilies ?? []) as Family[];
  const addresses = families.map((_, i) => spec.clusterIPs?.[i] ?? "");
  for (let i = from; i < families.length; i++) {
    const asked = addresses[i];
    if (!asked) {
      const picked = pickAddress(env, network, families[i]!);
      if (picked === undefined)
        throw internalError(
          `failed to allocate a serviceIP for Service "${service.metadata.name ?? ""}": range is full`,
        );
      addresses[i] = picked;
      continue;
    }
    const problem = addressProblem(env, network, asked);
    if (problem)
      throw refusal(service, [invalid("spec.clusterIPs", addresses, `failed to allocate IP ${asked}: ${problem}`)]);
  }
  spec.clusterIPs = addresses;
  spec.clusterIP = addresses[0]!;
}

export const refusal = (service: Service, errors: Parameters<typeof invalidObject>[1]): ApiError =>
  invalidObject({ group: "", kind: "Service", name: service.metadata.name ?? "" }, errors);

/** The addresses that a stored service has. */
export const addressesOf = ({ spec }: Service): string[] =>
  spec.type === "ExternalName" ? [] : (spec.clusterIPs ?? []).filter((address) => address !== "None" && address !== "");
