/** EndpointSlice. Source: https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoint-slice-v1/ */
import { duplicate, type FieldError, invalid, required, tooMany } from "../../machinery/meta/field-error.ts";
import { dns1123Label, dns1123Subdomain } from "../../machinery/meta/names.ts";
import { addMessages, checkLabel, checkLabels, checkOneOf, checkQualifiedName } from "../common/checks.ts";
import { checkNonSpecialIp, ipFamily } from "../common/ip-checks.ts";
import { age, nameOf } from "../common/rows.ts";
import { checkImmutable } from "../common/same.ts";
import { PROTOCOLS } from "../core/pod-template/ports.ts";
import type { Strategy } from "../kind.ts";
import type { Endpoint, EndpointPort, EndpointSlice } from "./v1-types.ts";

const MAX_ENDPOINTS = 1000;
const MAX_PORTS = 20_000;
const MAX_ADDRESSES = 100;
const MAX_TOPOLOGY_LABELS = 16;
const MAX_HINTS = 8;
const ADDRESS_TYPES = ["FQDN", "IPv4", "IPv6"];

function checkAddress(errors: FieldError[], address: string, type: string, path: string): void {
  if (type === "IPv4" || type === "IPv6") {
    if (ipFamily(address) !== type) errors.push(invalid(path, address, `must be a valid ${type} address`));
    checkNonSpecialIp(errors, address, path);
  } else if (type === "FQDN") {
    const name = address.replace(/\.$/, "");
    const messages = dns1123Subdomain(name);
    if (name === "") errors.push(required(path));
    else addMessages(errors, path, address, messages);
    const few = messages.length === 0 && name.split(".").length < 2;
    if (few) errors.push(invalid(path, address, "should be a domain with at least two segments separated by dots"));
  }
}

/** `for` names zones or nodes, each once. */
function checkHints(errors: FieldError[], endpoint: Endpoint, path: string): void {
  for (const field of ["forZones", "forNodes"] as const) {
    const hints = endpoint.hints?.[field];
    if (!hints) continue;
    const at = `${path}.hints.${field}`;
    if (hints.length > MAX_HINTS) {
      errors.push(tooMany(at, hints.length, MAX_HINTS));
      continue;
    }
    hints.forEach(({ name = "" }, i) => {
      if (hints.findIndex((other) => other.name === name) < i) errors.push(duplicate(`${at}[${i}].name`, name));
      addMessages(errors, `${at}[${i}].name`, name, field === "forNodes" ? dns1123Subdomain(name) : []);
    });
  }
}

function checkEndpoint(errors: FieldError[], endpoint: Endpoint, type: string, path: string): void {
  const addresses = endpoint.addresses ?? [];
  if (addresses.length === 0) errors.push(required(`${path}.addresses`, "must contain at least 1 address"));
  else if (addresses.length > MAX_ADDRESSES) {
    errors.push(tooMany(`${path}.addresses`, addresses.length, MAX_ADDRESSES));
  }
  addresses.forEach((address, i) => {
    checkAddress(errors, address, type, `${path}.addresses[${i}]`);
  });
  if (endpoint.nodeName !== undefined) {
    addMessages(errors, `${path}.nodeName`, endpoint.nodeName, dns1123Subdomain(endpoint.nodeName));
  }
  const topology = endpoint.deprecatedTopology ?? {};
  const labels = Object.keys(topology).length;
  if (labels > MAX_TOPOLOGY_LABELS) errors.push(tooMany(`${path}.deprecatedTopology`, labels, MAX_TOPOLOGY_LABELS));
  checkLabels(errors, topology, `${path}.deprecatedTopology`);
  if (endpoint.hostname !== undefined) checkLabel(errors, endpoint.hostname, `${path}.hostname`);
  checkHints(errors, endpoint, path);
}

function checkPorts(errors: FieldError[], ports: readonly EndpointPort[]): void {
  if (ports.length > MAX_PORTS) {
    errors.push(tooMany("ports", ports.length, MAX_PORTS));
    return;
  }
  const names = new Set<string>();
  ports.forEach((port, i) => {
    const item = `ports[${i}]`;
    const name = port.name ?? "";
    if (name) addMessages(errors, `${item}.name`, name, dns1123Label(name));
    if (names.has(name)) errors.push(duplicate(`${item}.name`, name));
    names.add(name);
    if (port.protocol === undefined) errors.push(required(`${item}.protocol`));
    else checkOneOf(errors, port.protocol, `${item}.protocol`, PROTOCOLS);
    if (port.appProtocol !== undefined) checkQualifiedName(errors, port.appProtocol, `${item}.appProtocol`);
  });
}

function validate({ addressType, endpoints = [], ports = [] }: EndpointSlice): FieldError[] {
  const errors: FieldError[] = [];
  if (!addressType) errors.push(required("addressType"));
  else checkOneOf(errors, addressType, "addressType", ADDRESS_TYPES);
  if (endpoints.length > MAX_ENDPOINTS) errors.push(tooMany("endpoints", endpoints.length, MAX_ENDPOINTS));
  else {
    endpoints.forEach((endpoint, i) => {
      checkEndpoint(errors, endpoint, addressType, `endpoints[${i}]`);
    });
  }
  checkPorts(errors, ports);
  return errors;
}

const MAX_SHOWN = 3;

function shown(items: readonly string[]): string {
  const list = items.slice(0, MAX_SHOWN).join(",");
  if (items.length > MAX_SHOWN) return `${list} + ${items.length - MAX_SHOWN} more...`;
  return list || "<unset>";
}

export const endpointSlice: Strategy<EndpointSlice> = {
  generation: true,
  defaults(next) {
    next.endpoints ??= [];
    // Readers look into these without asking whether they are there: Go writes them even when they are empty.
    for (const endpoint of next.endpoints) endpoint.conditions ??= {};
    for (const port of next.ports ?? []) {
      port.name ??= "";
      port.protocol ??= "TCP";
    }
    return next;
  },
  validate,
  validateUpdate(next, prev) {
    const errors: FieldError[] = [];
    checkImmutable(errors, next.addressType, prev.addressType, "addressType");
    return errors;
  },
  row: (object, nowMs) => [
    nameOf(object),
    object.addressType ?? "",
    shown((object.ports ?? []).map(({ port, name }) => (port === undefined ? (name ?? "*") : String(port)))),
    shown((object.endpoints ?? []).flatMap(({ addresses }) => addresses ?? [])),
    age(object, nowMs),
  ],
};
