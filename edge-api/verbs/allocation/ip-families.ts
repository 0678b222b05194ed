/**
 * The families of a service: what the client leaves out is filled in by what the cluster is.
 * Source: registry/core/service/storage/alloc.go of kube-apiserver. Pure.
 */
import { checkClusterIps } from "../../../kinds/core/service-ips.ts";
import type { Service } from "../../../kinds/core/v1-types.ts";
import { type FieldError, invalid } from "../../../machinery/meta/field-error.ts";
import { type IpAddress, parseIp } from "../../../machinery/meta/ip.ts";
import type { Family } from "./address-range.ts";

const POLICY = "spec.ipFamilyPolicy";

const same = (left: readonly string[] = [], right: readonly string[] = []): boolean =>
  left.length === right.length && left.every((value, i) => value === right[i]);

const isShorter = (next: readonly string[] = [], prev: readonly string[] = []): boolean =>
  next.length > 0 && next.length < prev.length;

const familyOf = ({ family }: IpAddress): Family => (family === 4 ? "IPv4" : "IPv6");
const other = (family: string): Family => (family === "IPv4" ? "IPv6" : "IPv4");
const isSelectorless = ({ spec }: Service): boolean => Object.keys(spec.selector ?? {}).length === 0;

/**
 * Services that would like two families are not given a second one, nor lose it, by being written while the cluster
 * has changed: only when they ask for it.
 */
export function keepsFamilies(next: Service, prev: Service | undefined): boolean {
  if (!prev || next.spec.type !== prev.spec.type || next.spec.type === "ExternalName") return false;
  return (
    next.spec.ipFamilyPolicy === "PreferDualStack" &&
    (prev.spec.ipFamilyPolicy ?? "PreferDualStack") === "PreferDualStack" &&
    same(next.spec.clusterIPs, prev.spec.clusterIPs) &&
    same(next.spec.ipFamilies, prev.spec.ipFamilies)
  );
}

/**
 * Fills in `spec.ipFamilies` and `spec.ipFamilyPolicy`, and shortens what a service that goes back to one family has.
 * Changes `next`.
 * @param families of the cluster, the first of which is the default
 */
export function initializeFamilies(
  next: Service,
  prev: Service | undefined,
  families: readonly Family[],
): FieldError[] {
  const { spec } = next;
  if (spec.type === "ExternalName" || keepsFamilies(next, prev)) return [];
  const isHeadless = spec.clusterIP === "None";
  const isFree = isHeadless && isSelectorless(next);
  spec.ipFamilyPolicy ??= prev?.spec.ipFamilyPolicy ?? (isFree ? "RequireDualStack" : "SingleStack");

  const errors: FieldError[] = [];
  checkClusterIps(errors, next, prev);
  if (errors.length > 0) return errors;
  if (prev) errors.push(...shorten(next, prev));
  errors.push(...checkPolicy(next), ...inferFamilies(next, families));
  if (errors.length > 0) return errors;

  const chosen = spec.ipFamilies ?? [];
  const wantsTwo = spec.ipFamilyPolicy !== "SingleStack";
  if (!isFree) {
    if (spec.ipFamilyPolicy === "RequireDualStack" && families.length < 2)
      errors.push(invalid(POLICY, spec.ipFamilyPolicy, "this cluster is not configured for dual-stack services"));
    chosen.forEach((family, i) => {
      if (!families.includes(family as Family))
        errors.push(invalid(`spec.ipFamilies[${i}]`, family, "not configured on this cluster"));
    });
    if (errors.length > 0) return errors;
  }
  spec.ipFamilies = chosen.length > 0 ? [...chosen] : [families[0]!];
  // Where endpoints are of whoever makes them, they may be of a family that the cluster does not have.
  if (wantsTwo && spec.ipFamilies.length < 2 && (isFree || families.length === 2))
    spec.ipFamilies.push(other(spec.ipFamilies[0]!));
  return [];
}

/** Going back to one family by the policy alone lets the second address go; without the policy nothing may go. */
function shorten({ spec }: Service, { spec: old }: Service): FieldError[] {
  if (spec.ipFamilyPolicy === "SingleStack") {
    if (same(spec.clusterIPs, old.clusterIPs) && spec.clusterIPs) spec.clusterIPs = spec.clusterIPs.slice(0, 1);
    if (same(spec.ipFamilies, old.ipFamilies) && spec.ipFamilies) spec.ipFamilies = spec.ipFamilies.slice(0, 1);
    return [];
  }
  const errors: FieldError[] = [];
  if (isShorter(spec.clusterIPs, old.clusterIPs))
    errors.push(invalid(POLICY, spec.ipFamilyPolicy, "must be 'SingleStack' to release the secondary cluster IP"));
  if (isShorter(spec.ipFamilies, old.ipFamilies))
    errors.push(invalid(POLICY, spec.ipFamilyPolicy, "must be 'SingleStack' to release the secondary IP family"));
  return errors;
}

function checkPolicy({ spec }: Service): FieldError[] {
  if (spec.ipFamilyPolicy !== "SingleStack") return [];
  const detail = "must be 'RequireDualStack' or 'PreferDualStack' when multiple";
  return [
    ...(spec.clusterIPs?.length === 2
      ? [invalid(POLICY, spec.ipFamilyPolicy, `${detail} cluster IPs are specified`)]
      : []),
    ...(spec.ipFamilies?.length === 2
      ? [invalid(POLICY, spec.ipFamilyPolicy, `${detail} IP families are specified`)]
      : []),
  ];
}

/** Addresses that a client asks for say of which family they are. */
function inferFamilies({ spec }: Service, families: readonly Family[]): FieldError[] {
  const errors: FieldError[] = [];
  const clusterIPs = spec.clusterIPs ?? [];
  clusterIPs.forEach((address, i) => {
    const ip = parseIp(address);
    if (!ip || i < (spec.ipFamilies?.length ?? 0)) return;
    const family = familyOf(ip);
    if (families.includes(family)) spec.ipFamilies = [...(spec.ipFamilies ?? []), family];
    else errors.push(invalid(`spec.clusterIPs[${i}]`, clusterIPs, `${family} is not configured on this cluster`));
  });
  return errors;
}
