/** The cluster IPs of services and their families. */
import { duplicate, type FieldError, invalid, required } from "../../machinery/meta/field-error.ts";
import { ipAddress } from "../../machinery/meta/names.ts";
import { addMessages, checkOneOf } from "../common/checks.ts";
import { ipFamily } from "../common/ip-checks.ts";
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

export function checkClusterIps(errors: FieldError[], service: Service): void {
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
    if (i > 0 || ip !== "None") addMessages(errors, `${PATH}[${i}]`, ip, ipAddress(ip));
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

interface Linked {
  path: string;
  next: readonly string[];
  prev: readonly string[];
  /** What the messages call one of them. */
  what: string;
}

/** The first stays; a second may come, and go where the policy says so. */
function checkList(errors: FieldError[], { path, next, prev, what }: Linked, policy: string | undefined): void {
  if (next.length === prev.length) {
    prev.forEach((value, i) => {
      if (next[i] !== value) errors.push(invalid(`${path}[${i}]`, next, "may not change once set"));
    });
    return;
  }
  const released = prev.length > next.length;
  if (released && next.length === 0) errors.push(invalid(`${path}[0]`, next, `primary ${what} can not be unset`));
  if (prev.length > 0 && next.length > 0 && next[0] !== prev[0]) {
    errors.push(invalid(`${path}[0]`, next, "may not change once set"));
  }
  if (released && next.length === 1 && policy !== "SingleStack") {
    const detail = `must be set to 'SingleStack' when releasing the secondary ${what}`;
    errors.push(invalid("spec.ipFamilyPolicy", policy ?? null, detail));
  }
}

export function checkClusterIpChange(errors: FieldError[], next: Service, prev: Service): void {
  if (next.spec.type === "ExternalName" || prev.spec.type === "ExternalName") return;
  const policy = next.spec.ipFamilyPolicy;
  const [headless, wasHeadless] = [isHeadless(next), isHeadless(prev)];
  if (!headless || !wasHeadless) {
    const [now, before] = [next.spec.clusterIPs ?? [], prev.spec.clusterIPs ?? []];
    checkList(errors, { path: PATH, next: now, prev: before, what: "clusterIP" }, policy);
  }
  // The families of headless services are free to change.
  if (headless || wasHeadless) return;
  const [now, before] = [next.spec.ipFamilies ?? [], prev.spec.ipFamilies ?? []];
  // The allocator fills in what the client leaves out.
  if (now.length === 0) return;
  checkList(errors, { path: "spec.ipFamilies", next: now, prev: before, what: "ipFamily" }, policy);
}
