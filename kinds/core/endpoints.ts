/** Endpoints. Source: https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoints-v1/ */
import { type FieldError, required } from "../../machinery/meta/field-error.ts";
import { dns1123Subdomain } from "../../machinery/meta/names.ts";
import { addMessages, checkLabel, checkPortNumber, checkQualifiedName, checkRequiredOneOf } from "../common/checks.ts";
import { checkLegacyIp, checkNonSpecialIp } from "../common/ip-checks.ts";
import { age, nameOf } from "../common/rows.ts";
import { same } from "../common/same.ts";
import type { Strategy } from "../kind.ts";
import { PROTOCOLS } from "./pod-template/ports.ts";
import type { EndpointAddress, EndpointPort, Endpoints } from "./v1-types.ts";

function checkAddress(errors: FieldError[], address: EndpointAddress, path: string): void {
  const ip = address.ip ?? "";
  checkLegacyIp(errors, ip, `${path}.ip`);
  if (address.hostname) checkLabel(errors, address.hostname, `${path}.hostname`);
  if (address.nodeName !== undefined) {
    addMessages(errors, `${path}.nodeName`, address.nodeName, dns1123Subdomain(address.nodeName));
  }
  checkNonSpecialIp(errors, ip, `${path}.ip`);
}

function checkPort(errors: FieldError[], port: EndpointPort, path: string, { named }: { named: boolean }): void {
  if (port.name) checkLabel(errors, port.name, `${path}.name`);
  else if (named) errors.push(required(`${path}.name`));
  checkPortNumber(errors, port.port ?? 0, `${path}.port`);
  checkRequiredOneOf(errors, port.protocol, `${path}.protocol`, PROTOCOLS);
  if (port.appProtocol !== undefined) checkQualifiedName(errors, port.appProtocol, `${path}.appProtocol`);
}

function subsetErrors({ subsets }: Endpoints): FieldError[] {
  const errors: FieldError[] = [];
  subsets?.forEach((subset, i) => {
    const item = `subsets[${i}]`;
    if (!subset.addresses?.length && !subset.notReadyAddresses?.length) {
      errors.push(required(item, "must specify `addresses` or `notReadyAddresses`"));
    }
    for (const field of ["addresses", "notReadyAddresses"] as const) {
      subset[field]?.forEach((address, a) => {
        checkAddress(errors, address, `${item}.${field}[${a}]`);
      });
    }
    const named = (subset.ports?.length ?? 0) > 1;
    subset.ports?.forEach((port, p) => {
      checkPort(errors, port, `${item}.ports[${p}]`, { named });
    });
  });
  return errors;
}

const MAX_SHOWN = 3;
const withPort = (ip: string, port: number): string => (ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`);

function addresses({ subsets }: Endpoints): string {
  if (!subsets?.length) return "<none>";
  const shown: string[] = [];
  let count = 0;
  for (const { addresses: ready = [], ports = [] } of subsets) {
    const texts =
      ports.length === 0
        ? ready.map(({ ip = "" }) => ip)
        : ports.flatMap(({ port = 0 }) => ready.map(({ ip = "" }) => withPort(ip, port)));
    count += texts.length;
    shown.push(...texts.slice(0, MAX_SHOWN - shown.length));
  }
  const list = shown.join(",");
  return count > MAX_SHOWN ? `${list} + ${count - MAX_SHOWN} more...` : list;
}

export const endpoints: Strategy<Endpoints> = {
  defaults(next) {
    for (const subset of next.subsets ?? []) for (const port of subset.ports ?? []) port.protocol ||= "TCP";
    return next;
  },
  validateCreate: subsetErrors,
  validateUpdate(next, prev) {
    const errors = subsetErrors(next);
    // What was fine for an older version may stay.
    return errors.length > 0 && same(next.subsets, prev.subsets) ? [] : errors;
  },
  allowCreateOnUpdate: true,
  row: (object, nowMs) => [nameOf(object), addresses(object), age(object, nowMs)],
};
