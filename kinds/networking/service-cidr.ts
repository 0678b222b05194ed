/** ServiceCIDR: ranges of cluster IPs. Source: https://kubernetes.io/docs/reference/networking/virtual-ips/ */
import { type FieldError, invalid, required } from "../../machinery/meta/field-error.ts";
import { parseCidr } from "../../machinery/meta/ip.ts";
import { addMessages } from "../common/checks.ts";
import { canonicalCidrMessages } from "../common/ip-checks.ts";
import { age, nameOf } from "../common/rows.ts";
import { separateStatus } from "../common/status.ts";
import type { Strategy } from "../kind.ts";
import type { ServiceCIDR } from "./v1-types.ts";

const PATH = "spec.cidrs";
const IMMUTABLE = "field is immutable";

function createErrors({ spec }: ServiceCIDR): FieldError[] {
  const errors: FieldError[] = [];
  const cidrs = spec.cidrs ?? [];
  if (cidrs.length === 0) errors.push(required(PATH, "at least one CIDR required"));
  if (cidrs.length > 2) {
    errors.push(invalid(PATH, spec, "may only hold up to 2 values"));
    return errors;
  }
  cidrs.forEach((text, i) => {
    addMessages(errors, `${PATH}[${i}]`, text, canonicalCidrMessages(text));
  });
  const families = cidrs.map((text) => parseCidr(text)?.family);
  if (families.length === 2 && families[0] !== undefined && families[0] === families[1]) {
    const detail = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64";
    errors.push(invalid(PATH, cidrs, detail));
  }
  return errors;
}

/** A range of the other family may be added; what is there stays, whatever rules it was made under. */
function updateErrors(next: ServiceCIDR, prev: ServiceCIDR): FieldError[] {
  const now = next.spec.cidrs ?? [];
  const before = prev.spec.cidrs ?? [];
  const isAdded = before.length === 1 && now.length === 2;
  if (now.length !== before.length && !isAdded) return [invalid(PATH, now, IMMUTABLE)];
  const changed = before.flatMap((text, i) => (text === now[i] ? [] : [invalid(`${PATH}[${i}]`, now[i], IMMUTABLE)]));
  return isAdded ? [...changed, ...createErrors(next)] : changed;
}

export const serviceCidr: Strategy<ServiceCIDR> = {
  defaults(next) {
    next.spec ??= {};
    return next;
  },
  ...separateStatus<ServiceCIDR>({ keepsMetadata: true }),
  validateCreate: createErrors,
  validateUpdate: updateErrors,
  row: (object, nowMs) => [nameOf(object), object.spec.cidrs?.join(",") ?? "", age(object, nowMs)],
};
