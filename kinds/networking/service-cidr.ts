/** ServiceCIDR: ranges of cluster IPs. Source: https://kubernetes.io/docs/reference/networking/virtual-ips/ */
import { type FieldError, invalid, required } from "../../machinery/meta/field-error.ts";
import { formatIp, maskIp, parseCidr } from "../../machinery/meta/ip.ts";
import { cidr as cidrMessages } from "../../machinery/meta/names.ts";
import { addMessages } from "../common/checks.ts";
import { age, nameOf } from "../common/rows.ts";
import { separateStatus } from "../common/status.ts";
import type { Strategy } from "../kind.ts";
import type { ServiceCIDR } from "./v1-types.ts";

const PATH = "spec.cidrs";
const IMMUTABLE = "field is immutable";

/** Newer kinds take addresses in one form only, so that no two readers see different blocks in one text. */
function strictMessages(text: string): readonly string[] {
  const messages = cidrMessages(text);
  const block = parseCidr(text);
  if (messages.length > 0 || !block) return messages;
  const [first, own] = [formatIp(maskIp(block)), formatIp(block)];
  if (first !== own) return ["must not have bits set beyond the prefix length"];
  const canonical = `${own}/${block.prefixLength}`;
  return canonical === text ? [] : [`must be in canonical form (${JSON.stringify(canonical)})`];
}

function validate({ spec }: ServiceCIDR): FieldError[] {
  const errors: FieldError[] = [];
  const cidrs = spec.cidrs ?? [];
  if (cidrs.length === 0) errors.push(required(PATH, "at least one CIDR required"));
  if (cidrs.length > 2) {
    errors.push(invalid(PATH, spec, "may only hold up to 2 values"));
    return errors;
  }
  cidrs.forEach((text, i) => {
    addMessages(errors, `${PATH}[${i}]`, text, strictMessages(text));
  });
  const families = cidrs.map((text) => parseCidr(text)?.family);
  if (families.length === 2 && families[0] !== undefined && families[0] === families[1]) {
    const detail = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64";
    errors.push(invalid(PATH, cidrs, detail));
  }
  return errors;
}

function updateErrors(next: ServiceCIDR, prev: ServiceCIDR): FieldError[] {
  const now = next.spec.cidrs ?? [];
  const before = prev.spec.cidrs ?? [];
  // A range of the other family may be added; what is there stays.
  if (now.length !== before.length && !(before.length === 1 && now.length === 2)) {
    return [invalid(PATH, now, IMMUTABLE)];
  }
  return before.flatMap((text, i) => (text === now[i] ? [] : [invalid(`${PATH}[${i}]`, now[i], IMMUTABLE)]));
}

export const serviceCidr: Strategy<ServiceCIDR> = {
  defaults(next) {
    next.spec ??= {};
    return next;
  },
  ...separateStatus<ServiceCIDR>(),
  validate,
  validateUpdate: updateErrors,
  row: (object, nowMs) => [nameOf(object), object.spec.cidrs?.join(",") ?? "", age(object, nowMs)],
};
