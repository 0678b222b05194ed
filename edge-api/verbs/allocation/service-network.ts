/** Which ranges services may have addresses of: all ServiceCIDR objects together. */
import type { ServiceCIDR } from "../../../kinds/networking/v1-types.ts";
import type { Environment } from "../environment.ts";
import { parseObject } from "../object-text.ts";
import { type AddressRange, addressRange, type Family } from "./address-range.ts";

export interface ServiceNetwork {
  /** That may be taken from, the cluster's own first. */
  ranges: AddressRange[];
  /** Of the cluster: the first is what a service has that names none. */
  families: Family[];
}

const RESOURCE = "servicecidrs.networking.k8s.io";
/** The one that bootstrap makes. Its ranges say of which families the cluster is. */
const DEFAULT_NAME = "kubernetes";

export function serviceNetwork(env: Environment): ServiceNetwork {
  const ranges: AddressRange[] = [];
  const families: Family[] = [];
  for (const { name, value } of env.store.list({ resource: RESOURCE })) {
    const object = parseObject(value) as ServiceCIDR;
    const found = (object.spec.cidrs ?? []).map(addressRange).filter((range) => range !== undefined);
    if (name === DEFAULT_NAME) families.push(...found.map(({ family }) => family));
    if (isReady(object)) ranges[name === DEFAULT_NAME ? "unshift" : "push"](...found);
  }
  return { ranges, families: families.length > 0 ? families : ["IPv4"] };
}

/** One that says nothing about it is taken to be ready: nobody may be there who would say so. */
function isReady({ metadata, status }: ServiceCIDR): boolean {
  if (metadata.deletionTimestamp !== undefined) return false;
  const condition = status?.conditions?.find(({ type }) => type === "Ready");
  return condition === undefined || condition.status === "True";
}
