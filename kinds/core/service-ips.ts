/** The cluster IPs of services and their families. */
import { duplicate, type FieldError, invalid, required } from "../../machinery/meta/field-error.ts";
import { checkOneOf } from "../common/checks.ts";
import { checkLegacyIp, ipFamily } from "../common/ip-checks.ts";
import { isHeadless } from "./service-types.ts";
import type { Service } from "./v1-types.ts";

const FAMILIES = ["IPv4", "IPv6"];
const POLICIES = ["PreferDualStack", "RequireDualStack", "SingleStack"];
const PATH = "spec.clusterIPs";

function checkLinked(errors: FieldError[], { clusterIP, clusterIPs = [] }: Service["spec"]): void {
  if (!clusterIP) {
    if (clusterIPs.length > 0) {
      errors.push(invalid(PATH, clusterIPs, "must be empty when `clusterIP` is not specified"));
    }
  } else if (clusterIPs.length === 0) errors.push(required(PATH));
  else if (clusterIPs[0] !== clusterIP) errors.push(invalid(PATH, clusterIPs, "first value must match `clusterIP`"));
}

export function checkClusterIps(errors: FieldError[], service: Service, prev: Service | undefined): void {
  const { spec } = service;
  if (spec.type === "ExternalName") return;
  const { clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec;
  checkLinked(errors, spec);
  ipFamilies.forEach((family, i) => {
    checkOneOf(errors, family, `spec.ipFamilies[${i}]`, FAMILIES);
    if (ipFamilies.indexOf(family) < i) errors.push(duplicate(`spec.ipFamilies[${i}]`, family));
  });
  if (ipFamilyPolicy !== undefined) checkOneOf(errors, ipFamilyPolicy, "spec.ipFamilyPolicy", POLICIES);

  const before = errors.length;
  clusterIPs.forEach((ip, i) => {
    if (i > 0 || ip !== "None") checkLegacyIp(errors, ip, `${PATH}[${i}]`, prev?.spec.clusterIPs);
    else if (clusterIPs.length > 1) errors.push(invalid(PATH, clusterIPs, "'None' must be the first and only value"));
  });
  const bad = errors.length > before;
  if (clusterIPs.length > 2) errors.push(invalid(PATH, clusterIPs, "may only hold up to 2 values"));
  // Families of what is no address would only add confusion.
  if (bad) return;
  if (clusterIPs.length > 1 && new Set(clusterIPs.map(ipFamily)).size < 2) {
    errors.push(invalid(PATH, clusterIPs, "may specify no more than one IP for each IP family"));
  }
  if (isHeadless(service)) return;
  clusterIPs.forEach((ip, i) => {
    const family = ipFamilies[i];
    if (family !== undefined && FAMILIES.includes(family) && ipFamily(ip) !== family) {
      const detail = `expected an ${family} value as indicated by \`ipFamilies[${i}]\``;
      errors.push(invalid(`${PATH}[${i}]`, ip, detail));
    }
  });
}

const CHANGED = "may not change once set";

/** The secondary one goes only where the policy says so. */
function checkReleased(errors: FieldError[], { spec }: Service, kept: number, what: string): void {
  if (kept !== 1 || spec.ipFamilyPolicy === "SingleStack") return;
  const detail = `must be set to 'SingleStack' when releasing the secondary ${what}`;
  errors.push(invalid("spec.ipFamilyPolicy", spec.ipFamilyPolicy ?? null, detail));
}

/** The first stays; a second may come and go. */
function checkAddresses(errors: FieldError[], service: Service, prev: Service): void {
  const [next, old] = [service.spec.clusterIPs ?? [], prev.spec.clusterIPs ?? []];
  if (next.length === old.length) {
    old.forEach((ip, i) => {
      if (next[i] !== ip) errors.push(invalid(`${PATH}[${i}]`, next, CHANGED));
    });
    return;
  }
  const first = `${PATH}[0]`;
  if (next.length === 0) errors.push(invalid(first, next, "primary clusterIP can not be unset"));
  else if (old.length > 0 && next[0] !== old[0]) errors.push(invalid(first, next, CHANGED));
  if (next.length < old.length) checkReleased(errors, service, next.length, "clusterIP");
}

/** As the addresses; upstream shows the addresses too where the first of several families changes. */
function checkFamilies(errors: FieldError[], service: Service, prev: Service): void {
  const [next, old] = [service.spec.ipFamilies ?? [], prev.spec.ipFamilies ?? []];
  const path = "spec.ipFamilies[0]";
  if (next.length === old.length) {
    old.forEach((family, i) => {
      if (next[i] !== family) errors.push(invalid(path, next, CHANGED));
    });
    return;
  }
  const ips = service.spec.clusterIPs ?? [];
  const released = next.length < old.length;
  if (released && ips.length === 0) errors.push(invalid(path, next, "primary ipFamily can not be unset"));
  if (old.length > 0 && next.length > 0 && next[0] !== old[0]) errors.push(invalid(path, ips, CHANGED));
  if (released) checkReleased(errors, service, next.length, "ipFamily");
}

export function checkClusterIpChange(errors: FieldError[], next: Service, prev: Service): void {
  if (next.spec.type === "ExternalName" || prev.spec.type === "ExternalName") return;
  const [headless, wasHeadless] = [isHeadless(next), isHeadless(prev)];
  if (!headless || !wasHeadless) checkAddresses(errors, next, prev);
  // The families of headless services are free to change.
  if (!headless && !wasHeadless) checkFamilies(errors, next, prev);
}
