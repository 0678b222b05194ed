/** EndpointSlice. Source: https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoint-slice-v1/ */
import { duplicate, type FieldError, invalid, required, tooMany } from "../../machinery/meta/field-error.ts";
import { parseIp } from "../../machinery/meta/ip.ts";
import { dns1123Label, dns1123Subdomain, labelValue } from "../../machinery/meta/names.ts";
import {
  addMessages,
  checkLabel,
  checkLabels,
  checkOneOf,
  checkQualifiedName,
  checkRequiredOneOf,
} from "../common/checks.ts";
import { canonicalIpMessages, checkLegacyIp, checkNonSpecialIp, ipFamily } from "../common/ip-checks.ts";
import { age, nameOf } from "../common/rows.ts";
import { checkImmutable, same } from "../common/same.ts";
import { PROTOCOLS } from "../core/pod-template/ports.ts";
import type { Strategy } from "../kind.ts";
import type { Endpoint, EndpointPort, EndpointSlice } from "./v1-types.ts";

const MAX_ENDPOINTS = 1000;
const MAX_PORTS = 20_000;
const MAX_ADDRESSES = 100;
const MAX_TOPOLOGY_LABELS = 16;
const MAX_HINTS = 8;
const HOSTNAME = "kubernetes.io/hostname";
const ADDRESS_TYPES = ["FQDN", "IPv4", "IPv6"];

function checkDomain(errors: FieldError[], address: string, path: string): void {
  if (address === "") {
    errors.push(required(path));
    return;
  }
  const name = address.replace(/\.$/, "");
  const messages = dns1123Subdomain(name);
  if (messages.length > 0) {
    errors.push(invalid(path, name, messages.join(",")));
    return;
  }
  const labels = name.split(".");
  if (labels.length < 2) {
    errors.push(invalid(path, name, "should be a domain with at least two segments separated by dots"));
    return;
  }
  for (const label of labels) {
    const wrong = dns1123Label(label);
    if (wrong.length > 0) errors.push(invalid(path, label, wrong.join(",")));
  }
}

interface AddressPlace {
  type: string;
  /** The path of all addresses of the endpoint. */
  path: string;
  index: number;
}

/** Addresses of a type that is not known are not looked at. */
function checkAddress(errors: FieldError[], address: string, { type, path, index }: AddressPlace): void {
  const item = `${path}[${index}]`;
  if (type === "FQDN") {
    checkDomain(errors, address, item);
    return;
  }
  if (type !== "IPv4" && type !== "IPv6") return;
  // Nearly all are such, and slices may hold thousands: they are read once only.
  const ip = type === "IPv4" ? parseIp(address) : undefined;
  if (ip?.family === 4) {
    checkNonSpecialIp(errors, address, item, ip);
    return;
  }
  const before = errors.length;
  if (type === "IPv4") checkLegacyIp(errors, address, item);
  else addMessages(errors, item, address, canonicalIpMessages(address));
  if (errors.length > before) return;
  if (ipFamily(address) !== type) errors.push(invalid(path, address, `must be an ${type} address`));
  checkNonSpecialIp(errors, address, item);
}

/** Zones or nodes, each once. */
function checkHints(errors: FieldError[], endpoint: Endpoint, path: string): void {
  for (const field of ["forZones", "forNodes"] as const) {
    const hints = endpoint.hints?.[field];
    if (!hints) continue;
    const at = `${path}.hints.${field}`;
    if (hints.length > MAX_HINTS) {
      errors.push(tooMany(at, hints.length, MAX_HINTS));
      return;
    }
    hints.forEach(({ name = "" }, i) => {
      if (hints.findIndex((other) => other.name === name) < i) errors.push(duplicate(`${at}[${i}].name`, name));
      const messages = field === "forNodes" ? dns1123Subdomain(name) : labelValue(name);
      addMessages(errors, `${at}[${i}].name`, name, messages);
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
    checkAddress(errors, address, { type, path: `${path}.addresses`, index: i });
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

function endpointErrors(endpoints: readonly Endpoint[], type: string): FieldError[] {
  if (endpoints.length > MAX_ENDPOINTS) return [tooMany("endpoints", endpoints.length, MAX_ENDPOINTS)];
  const errors: FieldError[] = [];
  endpoints.forEach((endpoint, i) => {
    checkEndpoint(errors, endpoint, type, `endpoints[${i}]`);
  });
  return errors;
}

function sliceErrors(next: EndpointSlice, prev?: EndpointSlice): FieldError[] {
  const { addressType, endpoints = [], ports = [] } = next;
  const errors: FieldError[] = [];
  checkRequiredOneOf(errors, addressType, "addressType", ADDRESS_TYPES);
  checkPorts(errors, ports);
  const ofEndpoints = endpointErrors(endpoints, addressType);
  // What was fine for an older version may stay.
  if (ofEndpoints.length > 0 && !(prev && same(endpoints, prev.endpoints ?? []))) errors.push(...ofEndpoints);
  return errors;
}

/** The topology of older versions is read where it still stands, but no longer written. Changes `next`. */
function dropTopology(next: EndpointSlice, prev?: EndpointSlice): EndpointSlice {
  const endpoints = next.endpoints ?? [];
  if (!endpoints.some(({ deprecatedTopology }) => deprecatedTopology !== undefined)) return next;
  if (prev && same(endpoints, prev.endpoints ?? [])) return next;
  const known = new Set(prev?.endpoints?.map(({ deprecatedTopology }) => deprecatedTopology?.[HOSTNAME]));
  for (const endpoint of endpoints) {
    const name = endpoint.deprecatedTopology?.[HOSTNAME];
    if (name !== undefined && known.has(name) && dns1123Subdomain(name).length === 0) endpoint.nodeName ??= name;
    delete endpoint.deprecatedTopology;
  }
  return next;
}

const MAX_SHOWN = 3;

function shown(items: readonly string[]): string {
  const list = items.slice(0, MAX_SHOWN).join(",");
  if (items.length > MAX_SHOWN) return `${list} + ${items.length - MAX_SHOWN} more...`;
  return list || "<unset>";
}

export const endpointSlice: Strategy<EndpointSlice> = {
  generation: true,
  desiredMetadata: "labels",
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
  prepareForCreate: (next) => dropTopology(next),
  prepareForUpdate: dropTopology,
  validateCreate: (next) => sliceErrors(next),
  validateUpdate(next, prev) {
    const errors = sliceErrors(next, prev);
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
